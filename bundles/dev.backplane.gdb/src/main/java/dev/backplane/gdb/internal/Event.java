package dev.backplane.gdb.internal;

import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.vm.Vm;

/** What a conversation waits for. */
sealed interface Event {
    /** gdb sent a packet, or asks a running guest to stop. */
    record Received(String data) implements Event {}

    /** The guest stands still. */
    record Stopped(int vcpu, DebugStop why) implements Event {}

    /** The machine has ended. */
    record Ended(Vm.Outcome outcome) implements Event {}

    /** The connection is gone. */
    record Closed() implements Event {}
}
