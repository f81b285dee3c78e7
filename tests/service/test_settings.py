"""Settings from outside."""

import pytest
from pydantic import ValidationError

from service.settings import Settings, is_loopback


def test_the_environment_sets_everything(monkeypatch):
    """Workers learn their settings from it."""
    monkeypatch.setenv("COTERIE_STORE", "/srv/circles")
    monkeypatch.setenv("COTERIE_NO_AUTH", "true")

    settings = Settings()

    assert str(settings.store) == "/srv/circles"
    assert settings.no_auth is True


def test_settings_do_not_change():
    """One frozen record, built once."""
    with pytest.raises(ValidationError):
        Settings().no_auth = True


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "circles.example"])
def test_keyless_service_stays_on_this_machine(host):
    """The message says what to do instead."""
    with pytest.raises(ValidationError, match="coterie keys create"):
        Settings(host=host, no_auth=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_has_several_names(host):
    """All of them stay on this machine."""
    assert is_loopback(host)


def test_a_database_s_password_is_not_shown():
    """Settings may be printed."""
    assert "hunter2" not in repr(Settings(database_url="postgresql://u:hunter2@db/x"))
