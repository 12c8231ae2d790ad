"""Comparisons that take as many seeds as their claims need."""
