//! How many vCPUs and how much memory a VM has.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::state::operation::Operation;
use crate::simulator::state::vm::{MemoryLimits, Vm};
use crate::simulator::value::{Failure, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::set("VM.set_VCPUs_max", 2, set_vcpus_max),
    Method::set("VM.set_VCPUs_at_startup", 2, set_vcpus_at_startup),
    Method::set("VM.set_memory_limits", 5, set_memory_limits),
    Method::set("VM.set_memory", 2, set_memory),
    Method::set("VM.set_memory_static_range", 3, set_memory_static_range),
    Method::set("VM.set_memory_dynamic_range", 3, set_memory_dynamic_range),
    Method::set("VM.set_memory_static_min", 2, |context, arguments| {
        set_one_bound(context, arguments, |limits, value| {
            limits.static_min = value
        })
    }),
    Method::set("VM.set_memory_static_max", 2, |context, arguments| {
        set_one_bound(context, arguments, |limits, value| {
            limits.static_max = value
        })
    }),
    Method::set("VM.set_memory_dynamic_min", 2, |context, arguments| {
        set_one_bound(context, arguments, |limits, value| {
            limits.dynamic_min = value
        })
    }),
    Method::set("VM.set_memory_dynamic_max", 2, |context, arguments| {
        set_one_bound(context, arguments, |limits, value| {
            limits.dynamic_max = value
        })
    }),
    Method::set("VM.set_affinity", 2, set_affinity),
    Method::look("VM.compute_memory_overhead", 1, compute_memory_overhead),
];

/// xapi's words for the field of both errors.
const VCPU_RULE: &str = "VCPU values must satisfy: 0 < VCPUs_at_startup ≤ VCPUs_max";

fn edit<'a>(
    context: &'a mut Context<'_>,
    arguments: &Arguments<'_>,
    operation: Operation,
) -> Result<&'a mut Vm, Failure> {
    let vm: Handle = arguments.handle(0, Class::Vm)?;
    context
        .state
        .check(vm, operation, context.task, context.now)?;
    context.state.vms.edit(&mut context.state.changes, vm)
}

fn set_vcpus_max(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let value = arguments.int(1, "value")?;
    let vm = edit(context, arguments, Operation::ChangingVcpus)?;
    if value < 1 || value < vm.vcpus_at_startup {
        return Err(Failure::invalid_value(VCPU_RULE, value));
    }
    vm.vcpus_max = value;
    Ok(XenValue::VOID)
}

fn set_vcpus_at_startup(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let value = arguments.int(1, "value")?;
    let vm = edit(context, arguments, Operation::ChangingVcpus)?;
    if value < 1 || value > vm.vcpus_max {
        return Err(Failure::invalid_value(VCPU_RULE, value));
    }
    vm.vcpus_at_startup = value;
    Ok(XenValue::VOID)
}

fn change_memory(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
    operation: Operation,
    change: impl FnOnce(MemoryLimits) -> MemoryLimits,
) -> Result<XenValue, Failure> {
    let vm = edit(context, arguments, operation)?;
    let limits = change(vm.memory);
    if !limits.are_in_order() {
        return Err(Failure::bare("MEMORY_CONSTRAINT_VIOLATION_ORDER"));
    }
    vm.memory = limits;
    Ok(XenValue::VOID)
}

fn set_memory_limits(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let limits = MemoryLimits {
        static_min: arguments.int(1, "static_min")?,
        static_max: arguments.int(2, "static_max")?,
        dynamic_min: arguments.int(3, "dynamic_min")?,
        dynamic_max: arguments.int(4, "dynamic_max")?,
    };
    change_memory(context, arguments, Operation::ChangingMemoryLimits, |_| {
        limits
    })
}

fn set_memory(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let value = arguments.int(1, "value")?;
    change_memory(
        context,
        arguments,
        Operation::ChangingMemoryLimits,
        |limits| MemoryLimits {
            static_min: limits.static_min.min(value),
            dynamic_min: value,
            dynamic_max: value,
            static_max: value,
        },
    )
}

fn set_memory_static_range(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let (static_min, static_max) = (arguments.int(1, "min")?, arguments.int(2, "max")?);
    let change = |limits| MemoryLimits {
        static_min,
        static_max,
        ..limits
    };
    change_memory(context, arguments, Operation::ChangingStaticRange, change)
}

/// Of a running guest this gives memory back or takes more, as far as its host has it.
fn set_memory_dynamic_range(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let (dynamic_min, dynamic_max) = (arguments.int(1, "min")?, arguments.int(2, "max")?);
    let vm = context.state.vms.get(arguments.handle(0, Class::Vm)?)?;
    if let Some(residence) = vm.power.residence() {
        let more = dynamic_min.saturating_sub(vm.memory.dynamic_min);
        let free = context.state.free_memory(residence.host, context.task);
        if more > free {
            return Err(Failure::new("HOST_NOT_ENOUGH_FREE_MEMORY", [more, free]));
        }
    }
    let change = |limits| MemoryLimits {
        dynamic_min,
        dynamic_max,
        ..limits
    };
    change_memory(context, arguments, Operation::ChangingDynamicRange, change)
}

fn set_one_bound(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
    set: fn(&mut MemoryLimits, i64),
) -> Result<XenValue, Failure> {
    let value = arguments.int(1, "value")?;
    change_memory(
        context,
        arguments,
        Operation::ChangingMemoryLimits,
        |mut limits| {
            set(&mut limits, value);
            limits
        },
    )
}

fn set_affinity(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (vm, host) = (
        arguments.handle(0, Class::Vm)?,
        arguments.handle(1, Class::Host)?,
    );
    if !host.is_null() {
        context.state.hosts.get(host)?;
    }
    context
        .state
        .vms
        .edit(&mut context.state.changes, vm)?
        .affinity = host;
    Ok(XenValue::VOID)
}

fn compute_memory_overhead(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    context.state.vms.get(arguments.handle(0, Class::Vm)?)?;
    Ok(XenValue::Int(0))
}
