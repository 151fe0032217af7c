//! Hosts: their memory, taking them out of service, and emptying them.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::state::operation::Operation;
use crate::simulator::value::{Failure, Field, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::act("host.disable", 1, disable).or_more(1),
    Method::act("host.enable", 1, enable),
    Method::act("host.evacuate", 1, evacuate).or_more(2),
    Method::look("host.assert_can_evacuate", 1, assert_can_evacuate),
    Method::look(
        "host.get_vms_which_prevent_evacuation",
        1,
        vms_which_prevent_evacuation,
    ),
    Method::look("host.compute_free_memory", 1, compute_free_memory),
    Method::look("host.compute_memory_overhead", 1, compute_memory_overhead),
    Method::look("host.get_servertime", 1, get_servertime),
    // Removed from XenAPI: memory is accounted, not measured.
    Method::look("host_metrics.get_memory_free", 1, |_, _| {
        Err(Failure::bare("MESSAGE_REMOVED"))
    }),
];

fn host(context: &Context<'_>, arguments: &Arguments<'_>) -> Result<Handle, Failure> {
    let host = arguments.handle(0, Class::Host)?;
    context.state.hosts.get(host)?;
    Ok(host)
}

fn disable(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let host = host(context, arguments)?;
    context
        .state
        .hosts
        .edit(&mut context.state.changes, host)?
        .enabled = false;
    Ok(XenValue::VOID)
}

fn enable(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = host(context, arguments)?;
    if !context.state.hosts.get(handle)?.live {
        return Err(Failure::new("HOST_OFFLINE", [handle]));
    }
    context
        .state
        .hosts
        .edit(&mut context.state.changes, handle)?
        .enabled = true;
    Ok(XenValue::VOID)
}

/// Why a resident VM cannot leave `host`.
fn obstacle(context: &Context<'_>, vm: Handle, host: Handle) -> Option<Failure> {
    let operation = Operation::PoolMigrate;
    if let Err(failure) = context
        .state
        .check(vm, operation, context.task, context.now)
    {
        return Some(failure);
    }
    let elsewhere = context.state.possible_hosts(vm, context.task);
    let stuck = elsewhere.iter().all(|other| *other == host);
    stuck.then(|| Failure::bare("NO_HOSTS_AVAILABLE"))
}

fn obstacles(context: &Context<'_>, host: Handle) -> Vec<(Handle, Failure)> {
    let residents = context.state.residents(host);
    residents
        .filter_map(|vm| Some((vm.handle, obstacle(context, vm.handle, host)?)))
        .collect()
}

/// Moves every resident to another host, one after the other; what has moved stays moved.
fn evacuate(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let host = host(context, arguments)?;
    let residents: Vec<Handle> = context.state.residents(host).map(|vm| vm.handle).collect();
    for vm in residents {
        context
            .state
            .check(vm, Operation::PoolMigrate, context.task, context.now)?;
        let possible = context.state.possible_hosts(vm, context.task);
        let others = possible.into_iter().filter(|other| *other != host);
        let roomiest = others.max_by_key(|other| context.state.free_memory(*other, context.task));
        context.migrate(vm, roomiest.ok_or(Failure::bare("NO_HOSTS_AVAILABLE"))?)?;
    }
    Ok(XenValue::VOID)
}

fn assert_can_evacuate(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let host = host(context, arguments)?;
    match obstacles(context, host).into_iter().next() {
        Some((_, failure)) => Err(failure),
        None => Ok(XenValue::VOID),
    }
}

fn vms_which_prevent_evacuation(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let host = host(context, arguments)?;
    let entry = |(vm, failure): (Handle, Failure)| -> Field {
        (vm.to_string().into(), XenValue::list(failure.description()))
    };
    Ok(XenValue::Map(
        obstacles(context, host).into_iter().map(entry).collect(),
    ))
}

fn compute_free_memory(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let host = host(context, arguments)?;
    Ok(context.state.free_memory(host, context.task).into())
}

fn compute_memory_overhead(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    host(context, arguments)?;
    Ok(XenValue::Int(0))
}

fn get_servertime(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    host(context, arguments)?;
    Ok(context.now.into())
}
