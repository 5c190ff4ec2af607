"""Rows B079-B085: protected files in any spelling."""

from __future__ import annotations

import pytest

from agentls.policy.protected import protection


@pytest.mark.parametrize(
    "path",
    [
        ".GIT/config",  # B079
        ".VSCode/Settings.json",
        ".cUrSoR/mcp.json",
        "a/b/.Git/hooks/pre-commit",
        ".g\u0131t\u200b/config".replace("\u0131", "i"),  # B080
        "\uff0egit/config",
        "\u2024git/config",
        ".g\u200dit/config",
        ".gi\u00adt/config",
        ".git\ufe0f/config",
        "\ufeff.git/config",
        ".\uff47\uff49\uff54/config",
        ".v\u017fcode/settings.json",
        ".git./config",  # B081
        ".git /config",
        ".git. ./config",
        ".git::$DATA",
        ".git:stream/config",
        "GIT~1/config",
        "git~2/hooks/x",
        ".git\\config",
        "a\\.vscode\\tasks.json",
        ".vscode/settings.json",  # B082
        ".vscode/tasks.json",
        ".vscode/launch.json",
        "sub/My.Code-Workspace",
        ".venv/bin/python",
        "sub/node_modules/.bin/eslint",
        "lib/Site-Packages/requests/api.py",
        ".config/git/config",
        ".idea/workspace.xml",
        ".devcontainer/devcontainer.json",
        ".mcp.json",
        "mcp.json",
        ".cursor/rules/x",
        ".claude/settings.json",
        "AGENTS.md",
        "sub/agents.MD",
        "CLAUDE.md",
        ".agentignore",
        ".agentls/settings.toml",
        ".agentls.json",
        "agentls.toml",
        ".github/copilot-instructions.md",
        ".git/hooks/pre-commit",  # B083
        ".git/config",
        ".gitattributes",
        ".gitmodules",
        ".husky/pre-commit",
        ".pre-commit-config.yaml",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        ".ci/run",
        "Jenkinsfile",
        ".bashrc",
        "home/.zshenv",
        ".profile",
        ".npmrc",
        ".envrc",
        ".venv/bin/activate",
        "venv/Scripts/Activate.ps1",
        ".venv/lib/python3.11/site-packages/x.pth",
        "sitecustomize.py",
        "tests/conftest.py",
        ".ssh/authorized_keys",
        ".netrc",
        ".git",  # B085: a worktree's file
        "sub/repo.git/config",
        "sub/HEAD",
        "sub/hooks/post-checkout",
    ],
)
def test_a_protected_file_has_a_reason(path: str) -> None:
    reason = protection(path)

    assert reason is not None
    assert reason.endswith(".")
    assert all(character.isprintable() for character in reason)


@pytest.mark.parametrize(
    "path",
    [
        ".",
        "",
        "src/app.py",
        "README.md",
        ".gitignore",
        "git/config",
        "agents/main.py",
        "docs/github/workflows.md",
        "src/hooks/use-thing.ts",
        "vscode/settings.json",
        "header.h",
        "my.github/x",
        "src/activate.py",
        "a.pthx",
        "package.json",
        "tests/test_conftest.py",
        "文/файл.txt",
    ],
)
def test_an_ordinary_file_has_none(path: str) -> None:
    assert protection(path) is None
