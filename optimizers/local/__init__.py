"""Searches by values alone that go from one point, or from none: what every other method has to beat."""
