//! Starting, stopping and moving guests.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::state::operation::Operation;
use crate::simulator::state::vm::{Power, Residence};
use crate::simulator::value::{Failure, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::operate("VM.start", 3, Operation::Start, start),
    Method::operate("VM.start_on", 4, Operation::StartOn, start_on),
    Method::operate("VM.resume", 3, Operation::Resume, resume),
    Method::operate("VM.resume_on", 4, Operation::ResumeOn, resume_on),
    Method::operate("VM.pause", 1, Operation::Pause, pause),
    Method::operate("VM.unpause", 1, Operation::Unpause, unpause),
    Method::operate("VM.suspend", 1, Operation::Suspend, suspend),
    Method::operate(
        "VM.clean_shutdown",
        1,
        Operation::CleanShutdown,
        clean_shutdown,
    ),
    Method::operate(
        "VM.hard_shutdown",
        1,
        Operation::HardShutdown,
        hard_shutdown,
    ),
    Method::operate("VM.shutdown", 1, Operation::Shutdown, shutdown),
    Method::operate("VM.clean_reboot", 1, Operation::CleanReboot, clean_reboot),
    Method::operate("VM.hard_reboot", 1, Operation::HardReboot, hard_reboot),
    Method::operate(
        "VM.power_state_reset",
        1,
        Operation::PowerStateReset,
        power_state_reset,
    ),
    Method::operate("VM.pool_migrate", 3, Operation::PoolMigrate, pool_migrate),
    Method::look("VM.assert_can_boot_here", 2, assert_can_boot_here),
    Method::look("VM.get_possible_hosts", 1, get_possible_hosts),
    Method::look("VM.assert_operation_valid", 2, assert_operation_valid),
    Method::look("VM.update_allowed_operations", 1, update_allowed_operations),
];

impl Context<'_> {
    /// The VM named first, if `operation` may be done on it.
    fn vm_for(&self, arguments: &Arguments<'_>, operation: Operation) -> Result<Handle, Failure> {
        let vm = arguments.handle(0, Class::Vm)?;
        self.state.check(vm, operation, self.task, self.now)?;
        Ok(vm)
    }

    /// A new domain on `host`, whose guest tools report after the boot delay.
    fn new_residence(&mut self, host: Handle) -> Residence {
        let delay = i64::try_from(self.options.boot_delay.as_millis()).unwrap_or(i64::MAX);
        Residence {
            host,
            domid: self.state.next_domid(),
            started_at: self.now,
            tools_at: self.now.saturating_add(delay),
        }
    }

    fn boot(&mut self, vm: Handle, host: Handle, paused: bool) -> Result<XenValue, Failure> {
        self.state.admit(vm, host, self.task)?;
        let residence = self.new_residence(host);
        self.power(
            vm,
            if paused {
                Power::Paused(residence)
            } else {
                Power::Running(residence)
            },
        )
    }

    fn power(&mut self, vm: Handle, power: Power) -> Result<XenValue, Failure> {
        self.state.set_power(vm, power)?;
        Ok(XenValue::VOID)
    }

    fn residence(&self, vm: Handle) -> Result<Residence, Failure> {
        let power = self.state.vms.get(vm)?.power;
        Ok(power
            .residence()
            .expect("invariant: the operation is only legal with a domain"))
    }

    fn reboot(&mut self, vm: Handle) -> Result<XenValue, Failure> {
        let host = self.residence(vm)?.host;
        let residence = self.new_residence(host);
        self.power(vm, Power::Running(residence))
    }
}

fn start(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (paused, _force) = (
        arguments.flag(1, "start_paused")?,
        arguments.flag(2, "force")?,
    );
    let vm = context.vm_for(arguments, Operation::Start)?;
    let host = context.state.choose_host(vm, context.task)?;
    context.boot(vm, host, paused)
}

fn start_on(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (paused, _force) = (
        arguments.flag(2, "start_paused")?,
        arguments.flag(3, "force")?,
    );
    let host = arguments.handle(1, Class::Host)?;
    let vm = context.vm_for(arguments, Operation::StartOn)?;
    context.boot(vm, host, paused)
}

fn resume(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (paused, _force) = (
        arguments.flag(1, "start_paused")?,
        arguments.flag(2, "force")?,
    );
    let vm = context.vm_for(arguments, Operation::Resume)?;
    let host = context.state.choose_host(vm, context.task)?;
    context.boot(vm, host, paused)
}

fn resume_on(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (paused, _force) = (
        arguments.flag(2, "start_paused")?,
        arguments.flag(3, "force")?,
    );
    let host = arguments.handle(1, Class::Host)?;
    let vm = context.vm_for(arguments, Operation::ResumeOn)?;
    context.boot(vm, host, paused)
}

fn pause(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::Pause)?;
    let residence = context.residence(vm)?;
    context.power(vm, Power::Paused(residence))
}

fn unpause(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::Unpause)?;
    let residence = context.residence(vm)?;
    context.power(vm, Power::Running(residence))
}

fn suspend(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::Suspend)?;
    context.power(vm, Power::Suspended)
}

fn clean_shutdown(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::CleanShutdown)?;
    context.power(vm, Power::Halted)
}

/// Tries a clean shutdown and falls back to a hard one; both end the same here.
fn shutdown(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::Shutdown)?;
    context.power(vm, Power::Halted)
}

fn hard_shutdown(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::HardShutdown)?;
    context.state.overtake(vm, context.task)?;
    context.power(vm, Power::Halted)
}

fn clean_reboot(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::CleanReboot)?;
    context.reboot(vm)
}

fn hard_reboot(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::HardReboot)?;
    context.state.overtake(vm, context.task)?;
    context.reboot(vm)
}

fn power_state_reset(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let vm = context.vm_for(arguments, Operation::PowerStateReset)?;
    context.power(vm, Power::Halted)
}

/// A guest keeps running while it moves: the domain is new, the start is not.
fn pool_migrate(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let host = arguments.handle(1, Class::Host)?;
    let _options = arguments.map(2, "options")?;
    let vm = context.vm_for(arguments, Operation::PoolMigrate)?;
    context.migrate(vm, host)
}

impl Context<'_> {
    /// Moves a running guest to `host` if that can take it.
    pub(super) fn migrate(&mut self, vm: Handle, host: Handle) -> Result<XenValue, Failure> {
        let residence = self.residence(vm)?;
        if residence.host == host {
            return Ok(XenValue::VOID);
        }
        self.state.admit(vm, host, self.task)?;
        let domid = self.state.next_domid();
        self.power(
            vm,
            Power::Running(Residence {
                host,
                domid,
                ..residence
            }),
        )
    }
}

fn assert_can_boot_here(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let (vm, host) = (
        arguments.handle(0, Class::Vm)?,
        arguments.handle(1, Class::Host)?,
    );
    context.state.admit(vm, host, context.task)?;
    Ok(XenValue::VOID)
}

fn get_possible_hosts(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let vm = arguments.handle(0, Class::Vm)?;
    context.state.vms.get(vm)?;
    Ok(XenValue::list(
        context.state.possible_hosts(vm, context.task),
    ))
}

fn assert_operation_valid(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let name = arguments.text(1, "op")?;
    let operation = Operation::named(name).ok_or_else(|| Failure::invalid_value("op", name))?;
    context.vm_for(arguments, operation)?;
    Ok(XenValue::VOID)
}

/// The allowed operations are worked out whenever they are read.
fn update_allowed_operations(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    context.state.vms.get(arguments.handle(0, Class::Vm)?)?;
    Ok(XenValue::VOID)
}
