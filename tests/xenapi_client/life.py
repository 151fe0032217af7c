"""Drives a VM through its whole life with the vendor's Python client.

Usage: life.py URL. Exits 0 and prints "a whole life" last if every step was as XenAPI promises.
"""

import ipaddress
import sys

import XenAPI

TEMPLATE = "PEX Debian Etch 4.0 Template"
MIB = 1 << 20


def expect(actual, wanted, what):
    if actual != wanted:
        raise SystemExit(f"{what}: {actual!r} instead of {wanted!r}")


def refused(call, code):
    """Calls, and gives the details of the failure that must come."""
    try:
        call()
    except XenAPI.Failure as failure:
        expect(failure.details[0], code, "error code")
        return failure.details
    raise SystemExit(f"{code} was not raised")


def events(api, classes, token, timeout):
    return getattr(api.event, "from")(classes, token, timeout)


def size(api, vm):
    """Two vCPUs and 1536 MiB; the client sends 64-bit integers as strings."""
    api.VM.set_VCPUs_max(vm, "2")
    api.VM.set_VCPUs_at_startup(vm, "2")
    static_min = api.VM.get_memory_static_min(vm)
    memory = str(1536 * MIB)
    api.VM.set_memory_limits(vm, static_min, memory, memory, memory)


def destroy_with_disks(api, vm):
    vbds = [api.VBD.get_record(vbd) for vbd in api.VM.get_VBDs(vm)]
    disks = [vbd["VDI"] for vbd in vbds if vbd["type"] == "Disk" and not vbd["empty"]]
    expect(len(disks), 1, "disks")
    api.VM.destroy(vm)
    refused(lambda: api.VM.get_record(vm), "HANDLE_INVALID")
    for disk in disks:
        expect(api.VDI.get_VBDs(disk), [], "devices of the disk")
        api.VDI.destroy(disk)


def make(api):
    templates = api.VM.get_by_name_label(TEMPLATE)
    expect(len(templates), 1, "templates")
    expect(api.VM.get_is_a_template(templates[0]), True, "is_a_template")
    vm = api.VM.clone(templates[0], "life")
    api.VM.set_name_description(vm, "made by <life.py> & friends")
    api.VM.add_to_other_config(vm, "openpex:instance", "i-42")
    refused(lambda: api.VM.add_to_other_config(vm, "openpex:instance", "x"), "MAP_DUPLICATE_KEY")
    size(api, vm)
    api.VM.provision(vm)
    return vm


def run(api, vm):
    host = api.host.get_by_name_label("node-3")[0]
    free = int(api.host.compute_free_memory(host))
    token = events(api, ["vm"], "", 0.0)["token"]
    api.VM.start_on(vm, host, False, False)
    expect(free - int(api.host.compute_free_memory(host)), 1536 * MIB, "memory taken")

    record = api.VM.get_record(vm)
    expect(record["power_state"], "Running", "power_state")
    expect(record["resident_on"], host, "resident_on")
    expect(record["other_config"], {"openpex:instance": "i-42"}, "other_config")
    expect(record["name_description"], "made by <life.py> & friends", "name_description")
    expect(record["VCPUs_at_startup"], "2", "an int is a string")
    expect(record["HVM_shadow_multiplier"], 1.0, "a float is a float")
    expect(record["is_a_template"], False, "is_a_template")

    batch = events(api, ["vm"], token, 10.0)
    seen = [(event["class"], event["operation"], event["ref"]) for event in batch["events"]]
    expect(seen, [("vm", "mod", vm)], "events")
    expect(batch["events"][0]["snapshot"]["power_state"], "Running", "snapshot")

    networks = api.VM_guest_metrics.get_networks(api.VM.get_guest_metrics(vm))
    ipaddress.IPv4Address(networks["0/ip"])
    expect(networks["0/ip"], networks["0/ipv4/0"], "both keys of the address")


def stop_and_go(api, vm):
    details = refused(lambda: api.VM.start(vm, False, False), "VM_BAD_POWER_STATE")
    expect(details[1:], [vm, "halted", "running"], "details")
    api.VM.clean_shutdown(vm)
    expect(api.VM.get_power_state(vm), "Halted", "power_state")
    api.VM.start(vm, False, False)
    domid = api.VM.get_domid(vm)
    api.VM.hard_reboot(vm)
    if api.VM.get_domid(vm) == domid:
        raise SystemExit("the reboot made no new domain")
    api.VM.hard_shutdown(vm)


def clone_as_a_task(api):
    template = api.VM.get_by_name_label(TEMPLATE)[0]
    task = getattr(api, "Async").VM.clone(template, "by a task")
    token = ""
    while api.task.get_status(task) == "pending":
        token = events(api, ["task/" + task], token, 10.0)["token"]
    expect(api.task.get_status(task), "success", "task")
    result = api.task.get_result(task)
    vm = result.removeprefix("<value>").removesuffix("</value>")
    api.task.destroy(task)
    expect(api.VM.get_name_label(vm), "by a task", "name_label")
    return vm


def main():
    session = XenAPI.Session(sys.argv[1])
    wrong = lambda: session.xenapi.login_with_password("root", "wrong", "2.21", "life.py")
    refused(wrong, "SESSION_AUTHENTICATION_FAILED")
    session.xenapi.login_with_password("root", "openpex", "2.21", "life.py")
    api = session.xenapi
    expect(session.API_version, "2.21", "API version")
    vm = make(api)
    run(api, vm)
    stop_and_go(api, vm)
    destroy_with_disks(api, vm)
    destroy_with_disks(api, clone_as_a_task(api))
    refused(lambda: api.VM.no_such_call(None), "MESSAGE_METHOD_UNKNOWN")

    # The client logs in again by itself when its session is gone.
    gone = session.handle
    session.session.logout(gone)
    expect(len(api.host.get_all()), 4, "hosts")
    if session.handle == gone:
        raise SystemExit("the session did not change")
    session.xenapi.session.logout()
    print("a whole life")


if __name__ == "__main__":
    main()
