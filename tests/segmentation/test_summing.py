"""Amounts as they come from an engine, parked to be added up."""

import numpy as np
import pyarrow as pa

from models.partition import Bench, Partition
from segmentation.summing import park


def test_a_sum_beyond_32_bits_comes_in_several_entries():
    """What an engine added up before counts as it would have one by one."""
    sums = [5, (1 << 33) + 7, (1 << 32) - 1]
    batch = pa.RecordBatch.from_pydict(
        {"window": pa.array([3, 3, 4], pa.int32()), "amount": pa.array(sums, pa.int64())}
    )
    partition = Partition(n_people=2, n_tags=1, n_events=10)

    park(partition, np.array([0, 1, 1], np.int32), np.zeros(3, np.int32), batch)
    found = partition.add_up(0, Bench.of(16, 10))

    assert found.starts.tolist() == [0, 1, 5]
    assert found.windows[:5].tolist() == [3, 3, 3, 3, 4]
    assert found.amounts[0] == 5
    assert found.amounts[1:4].astype(np.int64).sum() == sums[1]
    assert found.amounts[4] == sums[2]
