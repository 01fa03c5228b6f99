"""Facebook Messenger: reading what Meta sends (`signature`, `events`) and writing back (`graph`, `sender`)."""
