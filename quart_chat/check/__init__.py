"""``quart-chat check``: whether what a server needs is well, with a cure for each fault.

It runs beside servers and where none can start, and changes nothing but for one event that it sends
through the broker, which no reader sees.
"""
