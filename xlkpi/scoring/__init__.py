"""WHAT IT IS WORTH: two engines behind one protocol, and assess()."""
