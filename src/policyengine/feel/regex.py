"""stub"""

from policyengine.feel.values import Failed


def compile_pattern(p, f):
    return Failed("x")


def find_all(c, t):
    return Failed("x")


def search(c, t, a):
    return Failed("x")


def replacement_parts(c, r, literal=False):
    return Failed("x")
