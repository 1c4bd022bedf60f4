"""What the model's process decides before it loads anything."""

from __future__ import annotations

import pytest
from hfs_local_model.child import NEEDED_INSTRUCTIONS, explain_import, lacking_instructions, threads_for


def test_a_processor_with_all_instructions_lacks_none() -> None:
    assert lacking_instructions(f"processor : 0\nflags : fpu sse {' '.join(NEEDED_INSTRUCTIONS)}\n") == []


def test_a_processor_without_avx2_is_told_by_name() -> None:
    assert lacking_instructions("processor : 0\nflags\t\t: fpu sse avx fma f16c bmi2\n") == ["avx2"]


def test_an_unknown_processor_is_given_the_benefit_of_the_doubt() -> None:
    assert lacking_instructions("processor : 0\n") == []


def test_a_missing_libgomp_is_named_by_its_package() -> None:
    error = ImportError("libgomp.so.1: cannot open shared object file: No such file or directory")
    assert "libgomp1" in explain_import(error)


def test_a_missing_build_names_another_way() -> None:
    assert "OpenAI-compatible server" in explain_import(ModuleNotFoundError("No module named 'xllamacpp'"))


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (8, 7), (64, 8)])
def test_threads_leave_a_core_for_the_rest(cores: int, threads: int) -> None:
    assert threads_for(cores) == threads
