"""In the page zlib stands in for ISA-L: slower, and otherwise the same."""
