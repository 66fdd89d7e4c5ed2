"""What authors write: the vocabulary that all kinds of policy share.

In: a located document. Out: heads, conditions, requirements, grants, and `rule`: what a kind lowers to.
Kinds and the packages above them may import it.
"""
