"""The two CRC-32 implementations are one function."""

import binascii
from array import array

from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.lib.crc import crc32
from tinycl_rt.lib.crc_table import crc32 as crc32_table


def test_known_check_value() -> None:
    assert crc32_table(b"123456789") == 0xCBF43926
    assert crc32(b"123456789") == 0xCBF43926
    assert crc32_table(b"") == 0


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_table_agrees_with_binascii_also_in_pieces(first: bytes, second: bytes) -> None:
    assert crc32_table(first + second) == binascii.crc32(first + second)
    assert crc32_table(memoryview(second), crc32_table(first)) == binascii.crc32(first + second)


@given(st.lists(st.integers(-32768, 32767), max_size=200))
def test_table_takes_the_bytes_of_an_array(numbers: list[int]) -> None:
    values = array("h", numbers)
    assert crc32_table(values) == crc32_table(memoryview(values)) == binascii.crc32(values)
