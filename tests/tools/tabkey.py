#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a shell makes of a line when the tab key is pressed behind it:
tabkey.py bash|zsh COMPLETION [LINE...], with the answers on lines of their own.

The shell runs on a pseudo-terminal, without anybody's settings.  Control-T shows what is on its line."""

import os
import pty
import sys

SETUP = {
    "bash": "PS1=; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; "
            "show() { printf '\\1%s\\2' \"$READLINE_LINE\"; READLINE_LINE=; }; "
            "bind -x '\"\\C-t\": show'; . {file}\n",
    "zsh": "PS1=; unsetopt beep zle_bracketed_paste prompt_sp; autoload -U compinit; compinit -D -u; "
           "fpath=({dir} $fpath); autoload -U _mvm; compdef _mvm mvm; "
           "show() {{ printf '\\1%s\\2' \"$BUFFER\"; BUFFER=; }}; zle -N show; "
           "bindkey '^T' show; bindkey '^I' complete-word\n",
}
COMMAND = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


def read_until(terminal, end):
    said = b""
    while end not in said:
        said += os.read(terminal, 4096)
    return said


def main():
    shell, file = sys.argv[1:3]
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", COLUMNS="200", HOME="/nonexistent", HISTFILE="/dev/null")
        os.execvp(COMMAND[shell][0], COMMAND[shell])
    setup = SETUP[shell] if shell == "zsh" else SETUP[shell].replace("{file}", file)
    if shell == "zsh":
        setup = setup.format(dir=os.path.dirname(file))
    # The mark is not in what is typed, which the terminal echoes.
    os.write(terminal, (setup + "printf 're%s\\n' ady\n").encode())
    read_until(terminal, b"ready\r\n")
    for line in sys.argv[3:]:
        os.write(terminal, line.encode() + b"\t\x14")
        print(read_until(terminal, b"\2").split(b"\1")[1].split(b"\2")[0].decode())
    os.close(terminal)
    os.waitpid(pid, 0)


main()
