"""Payloads: what a schema of the spec can ask for, and values of another class."""

import json
import time

import pytest
import warehouse
from warehouse.payload import PayloadFault, read_json
from warehouse.schema import check

MAIL = '{"account":"a.b","password":"p","security":"tls","servers":[{"host":"h","port":25,"share":0.5}]}'
LOGIN = '{"username":"shop","password":"p","later":1}'


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^(?<x>a)$", r"a\z", r"^\u{61}$", "(", "a{2,1}"])
def test_a_pattern_that_python_does_not_know_refuses_the_value(pattern):
    with pytest.raises(PayloadFault, match="`a` has a pattern in its rules that Python does not know"):
        check({"properties": {"a": {"pattern": pattern}}}, {"a": "a"})


@pytest.mark.parametrize("reference", ["#/$defs/Missing", "#/allOf/7", "#/type/x", "elsewhere.json"])
def test_a_reference_that_leads_nowhere_refuses_the_value(reference):
    with pytest.raises(PayloadFault):
        check({"type": "object", "properties": {"a": {"$ref": reference}}, "allOf": [{}]}, {"a": 1})


def test_items_are_equal_as_json():
    unique = {"uniqueItems": True}
    check(unique, [1, True, 1.0, "1", [1], {"a": 1}, {"a": 2}, None])
    for twice in ([1, 2, 1], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]):
        with pytest.raises(PayloadFault, match="an item twice"):
            check(unique, twice)
    begun = time.monotonic()
    check(unique, list(range(20_000)))
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("stored", ['{"a":1e400}', '{"a":-1e400}', '{"a":"\\ud800"}', '["\\uDFFF"]'])
def test_what_could_not_be_written_again_is_not_read(stored):
    with pytest.raises(PayloadFault):
        read_json(stored)
    assert read_json('"\\ud83d\\ude00"') == "\U0001f600"


def test_a_change_keeps_what_the_schema_does_not_name():
    login = warehouse.DatabaseLogin.PAYLOAD.parse(LOGIN)
    changed = json.loads(login.with_changes(password="q").to_stored())
    assert changed == {**json.loads(login.to_stored()), "password": "q"} and changed["later"] == 1


@pytest.mark.parametrize("servers", [5, "hunter2", ["hunter2"], [{"host": "hunter2"}], {"a": 1}])
def test_a_part_of_another_class_is_a_fault_that_repeats_nothing(servers):
    mail = warehouse.MailAccess.PAYLOAD.parse(MAIL)
    with pytest.raises(PayloadFault) as caught:
        mail.with_changes(servers=servers).to_stored()
    assert "hunter2" not in str(caught.value) and caught.value.__context__ is None
