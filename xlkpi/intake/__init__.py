"""IT COMES BACK: guard, reader, identity, normalising what people typed, and the submission with its findings."""
