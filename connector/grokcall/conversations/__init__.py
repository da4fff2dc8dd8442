"""Conversations: questions that go on from earlier answers, to be forked, kept in a file and taken up again."""
