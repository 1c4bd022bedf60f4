"""The keys of vim, as much of them as fingers know by themselves."""

from hfs_core.tui.composer.vim.keyboard import Vim

__all__ = ["Vim"]
