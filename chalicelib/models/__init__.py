"""What can write an answer; one provider a file, all behind `ports.Model`."""
