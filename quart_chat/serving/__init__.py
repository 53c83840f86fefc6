"""The processes of a server: their signals and streams, and the folder that they serve."""
