"""The two CRC-32 implementations are one function."""

import binascii

from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.crc import crc32, crc32_table


def test_known_check_value() -> None:
    assert crc32_table(b"123456789") == 0xCBF43926
    assert crc32(b"123456789") == 0xCBF43926
    assert crc32_table(b"") == 0


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_table_agrees_with_binascii_also_in_pieces(first: bytes, second: bytes) -> None:
    assert crc32_table(first + second) == binascii.crc32(first + second)
    assert crc32_table(memoryview(second), crc32_table(first)) == binascii.crc32(first + second)
