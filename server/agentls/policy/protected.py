"""Names the files whose content can run code or loosen the agent: editor, VCS, CI, agent, shell files.

It must not know the disk: a name is protected whether or not the file exists (B084).
Invariant: every spelling that some file system takes for the same name gives the same answer (B079-B085).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_VCS: Final = "belongs to version control, whose configuration and hooks can run programs"
_EDITOR: Final = "configures an editor, which can run programs from it"
_CI: Final = "configures continuous integration, which runs what it says"
_AGENT: Final = "instructs or configures coding agents"
_SHELL: Final = "is read by a shell or a login session, which runs what it says"
_TOOL: Final = "configures a development tool, which can run programs from it"
_PYTHON: Final = "is run by Python without being asked for"
_INSTALLED: Final = "belongs to installed software, which is run without being looked at"
_KEYS: Final = "may hold keys or passwords, or says where they go"

_FOLDERS: Final = {
    _VCS: ".git .hg .svn .jj .bzr .husky .githooks",
    _EDITOR: ".vscode .vscode-server .idea .fleet .zed .vs .devcontainer .nvim .vim .emacs.d",
    _CI: ".github .gitlab .circleci .buildkite .forgejo .gitea .woodpecker .ci .teamcity",
    _AGENT: ".agentls .agents .agent .cursor .claude .roo .cline .clinerules .windsurf .gemini .codex "
    ".continue .aider .augment .junie .kiro .opencode .goose .qwen .crush .copilot .amazonq .trae",
    _TOOL: ".direnv .cargo .yarn .mvn .bundle .gradle .config",
    _INSTALLED: ".venv venv site-packages dist-packages node_modules .tox .nox .local",
    _KEYS: ".ssh .gnupg .aws .azure .kube .docker",
}
_FILES: Final = {
    _VCS: ".gitattributes .gitmodules .gitconfig .gitignore_global .hgrc .hgsub head gitdir commondir "
    ".pre-commit-config.yaml .pre-commit-config.yml .pre-commit-hooks.yaml lefthook.yml .lefthook.yml",
    _EDITOR: ".vimrc .gvimrc .exrc .nvimrc .nvim.lua .lvimrc .vimrc.local .emacs .dir-locals.el "
    ".dir-locals-2.el .projectile .sublime-project .helix.toml",
    _CI: ".gitlab-ci.yml .gitlab-ci.yaml .travis.yml azure-pipelines.yml azure-pipelines.yaml "
    "jenkinsfile bitbucket-pipelines.yml .drone.yml .drone.star appveyor.yml .appveyor.yml "
    ".cirrus.yml .woodpecker.yml .ci cloudbuild.yaml cloudbuild.yml buildspec.yml",
    _AGENT: "agents.md agent.md claude.md claude.local.md gemini.md qwen.md crush.md .cursorrules "
    ".cursorignore .windsurfrules .goosehints .agentignore .agentls.toml agentls.toml .rooignore "
    ".roomodes .clineignore .geminiignore .aiderignore .aider.conf.yml .mcp.json mcp.json mcp.jsonc "
    ".mcp.toml copilot-instructions.md opencode.json opencode.jsonc crush.json .crush.json",
    _SHELL: ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .bash_env .profile .login .logout "
    ".zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .inputrc .envrc "
    ".xinitrc .xprofile .xsession .xsessionrc .pam_environment config.fish profile.ps1 "
    "microsoft.powershell_profile.ps1 autorun.inf desktop.ini",
    _TOOL: ".npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs .bunfig.toml bunfig.toml .gemrc .bazelrc "
    ".mise.toml mise.toml .tool-versions .rtx.toml .gdbinit .lldbinit .curlrc .wgetrc .watchmanconfig "
    ".yarnrc.yaml .bazeliskrc .terraformrc .irbrc .pryrc .rprofile .tmux.conf .screenrc .mailcap",
    _PYTHON: "sitecustomize.py usercustomize.py conftest.py pyvenv.cfg .pythonrc .pythonrc.py .pythonstartup.py .pdbrc",
    _KEYS: ".netrc _netrc .pypirc pip.conf pip.ini .git-credentials .pgpass",
}
_ACTIVATORS: Final = re.compile(r"(bin|scripts)/(activate[^/]*|deactivate[^/]*)")
_GIT_HOOK: Final = re.compile(
    r"hooks/(applypatch-msg|commit-msg|fsmonitor-watchman|p4-\w+|post-[a-z-]+|pre-[a-z-]+|prepare-commit-msg|"
    r"proc-receive|push-to-checkout|reference-transaction|sendemail-validate|update)"
)
_INVISIBLE: Final = frozenset({"Cf", "Cc", "Cn"})
_SHORT_GIT: Final = re.compile(r"git~\d+")
_MAX_SHOWN_CHARS: Final = 200


def _reasons(table: dict[str, str]) -> dict[str, str]:
    return {name: reason for reason, names in table.items() for name in names.split()}


_FOLDER_REASONS: Final = _reasons(_FOLDERS)
_FILE_REASONS: Final = _reasons(_FILES)


def protection(relative: str) -> str | None:
    """Why changing this path always asks, as a sentence; None for an ordinary file.

    `relative` is the path below its root in any spelling: case, Unicode form, invisible characters, either
    slash, trailing dots and blanks, NTFS streams and short names are all seen through.
    """
    names = (_canonical(part) for part in re.split(r"[/\\]", relative))
    parts = [name for name in names if name not in ("", ".", "..")]
    for name in parts:
        reason = _FOLDER_REASONS.get(name)
        if reason is None and (_SHORT_GIT.fullmatch(name) or name.endswith(".git")):
            reason = _VCS
        if reason is not None:
            return _sentence(relative, reason)
    reason = _file_reason(parts)
    return None if reason is None else _sentence(relative, reason)


def _file_reason(parts: list[str]) -> str | None:
    if not parts:
        return None
    name, tail = parts[-1], "/".join(parts[-2:])
    if (reason := _FILE_REASONS.get(name)) is not None:
        return reason
    if name.endswith((".code-workspace", ".sublime-project")):
        return _EDITOR
    if name.startswith((".roorules", ".clinerules", ".agentls")):
        return _AGENT
    if name.endswith(".pth"):
        return _PYTHON
    if _ACTIVATORS.fullmatch(tail):
        return _SHELL
    if _GIT_HOOK.fullmatch(tail):
        return _VCS
    return None


def _canonical(part: str) -> str:
    """One spelling per name: what HFS+, APFS, NTFS and FAT would open for it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())
    visible = "".join(c for c in folded if unicodedata.category(c) not in _INVISIBLE and not _selector(c))
    name = visible.partition(":")[0] if ":" in visible[1:] else visible  # NTFS stream, `::$DATA`
    stripped = name.strip(" ").rstrip(". ")
    return stripped or name.strip(" ")


def _selector(character: str) -> bool:
    code = ord(character)
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code == 0x034F


def repository_protection(relative: str) -> str:
    """The same for a file that is known to lie in a repository's own folder, whatever that is called (B085)."""
    return _sentence(relative, _VCS)


def visible(relative: str) -> str:
    """A path inside a sentence for the user: nothing in its name can break the line or reorder it (B118)."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in relative[:_MAX_SHOWN_CHARS])
    left_out = len(relative) - _MAX_SHOWN_CHARS
    return shown if left_out <= 0 else f"{shown}… (+{left_out} characters)"


def _sentence(relative: str, reason: str) -> str:
    return f"{visible(relative)} {reason}."
