"""HOW IT LOOKS: the sheets' plan, the layout that writer and reader share, the master, and stamping it per dealer."""
