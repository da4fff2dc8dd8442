"""Replies that come in pieces: reading events, and a fold for each interface that makes the whole reply of them.

A stream is a way to receive, and no other procedure: the steps of a call are sent the same reply either way.
"""
