"""``quart-chat check``: checks what a server needs, and names a cure for each fault.

It runs beside servers and where none can start, and changes nothing but for one event that it sends
through the broker, which no reader sees.
"""
