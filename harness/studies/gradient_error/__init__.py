"""The error of difference quotients against their step, Baydin and others 2018."""
