"""pygls glue: converts, schedules, publishes. The only room that imports lsprotocol."""
