"""Tools that a model may call: functions, queries and procedures of the caller's."""
