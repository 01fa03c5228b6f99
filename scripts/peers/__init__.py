"""The smallest honest bots that others' libraries lead to: what Parley is compared with, in faults and in speed."""
