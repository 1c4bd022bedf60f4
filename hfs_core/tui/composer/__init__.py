"""Where the person writes: the text area, its keys, and what helps to fill it."""

from hfs_core.tui.composer.keys import keys
from hfs_core.tui.composer.widget import Composer

__all__ = ["Composer", "keys"]
