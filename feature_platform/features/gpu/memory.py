"""What a series takes of a card's memory: its work space, for each kernel, decides how many go into one batch."""

from feature_platform.features.calculators import entropies
from feature_platform.features.calculators.moments import COUNT, MOMENTS
from feature_platform.features.calculators.summation import BLOCK, FRAME, STACK
from feature_platform.features.cpu.welch import SEGMENT
from feature_platform.features.gpu import near_sets
from feature_platform.features.plan import Plan, Work

SHARE = 0.8
"""Of the free memory; FFTs and sorts take work space of their own, which is counted only about."""
NUMBER = 8
"""Bytes of a float or an integer."""
EXTRA_COPIES = 3
"""Of the series, for sorting and transforming them."""


def stack_floats(length: int) -> int:
    """What `pairwise_sum` needs as its stack for series of a length: each thread has one, so it is no longer."""
    depth = 2
    while BLOCK << depth < 4 * length:
        depth += 1
    return min(FRAME * (depth + 1), STACK)


def by_blocks(work: Work) -> bool:
    """Whether a block of threads computes a series, not one thread."""
    return work.kernel is entropies.KERNEL and near_sets.suits(work.encoded)


def bytes_per_series(plan: Plan, length: int) -> int:
    """Bytes on the card for each series of a batch, with the work space of all kernels at once."""
    numbers = (3 + EXTRA_COPIES) * length + COUNT + 2 * len(plan.names)
    numbers += 2 * length * ("ordered" in plan.needs)
    numbers += 5 * length * ("spectrum" in plan.needs)
    numbers += (8 * length + SEGMENT) * ("density" in plan.needs)
    numbers += sum(MOMENTS.scratch(length, MOMENTS.encode(()))) + stack_floats(length)
    for work in plan.works:
        if not by_blocks(work):
            numbers += sum(work.kernel.scratch(length, work.encoded)) + stack_floats(length)
    return NUMBER * numbers


def bytes_per_block(plan: Plan, length: int) -> int:
    """Bytes on the card for each block of threads of the kernels that work by blocks."""
    blocks = [work for work in plan.works if by_blocks(work)]
    return sum(NUMBER * (length + 1) + 4 * near_sets.scratch_integers(length, work.encoded) for work in blocks)


def most_series(plan: Plan, length: int, free_bytes: int, lanes: int) -> int:
    """How many series fit into one batch where as many batches as there are lanes are on the card."""
    room = int(SHARE * free_bytes / lanes) - near_sets.BLOCKS * bytes_per_block(plan, length)
    return max(room // bytes_per_series(plan, length), 0)
