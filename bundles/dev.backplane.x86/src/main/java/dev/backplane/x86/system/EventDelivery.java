package dev.backplane.x86.system;

import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.VcpuState.Event;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.interp.SystemUnit;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.GuestFault;
import dev.backplane.x86.state.Vector;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Exceptions and interrupts on their way into the guest: which of two faults counts, what EFLAGS the handler's frame shows,
 * and the double and triple fault (SDM 3A, 7.5 to 7.15). The gate itself is {@link Gate}'s affair.
 */
public final class EventDelivery implements SystemUnit {
    /** An exception pushes no error code. */
    static final int NO_ERROR_CODE = -1;

    // Kinds of pending events (SDM 3C, 25.8.3).
    private static final int EXTERNAL_INTERRUPT = 0;

    private static final int NMI = 2;
    private static final int EXCEPTION = 3;
    private static final int SOFTWARE_INTERRUPT = 4;
    private static final int SOFTWARE_EXCEPTION = 6;

    private static final int BREAKPOINT_DR6_BS = 1 << 14;

    /** Vectors whose handler would find another one's fault only by a double fault: table 7-4. */
    private static final int CONTRIBUTORY =
            1 << Vector.DE | 1 << Vector.TS | 1 << Vector.NP | 1 << Vector.SS | 1 << Vector.GP;

    private static final int WITH_ERROR_CODE = 1 << Vector.DF
            | 1 << Vector.TS
            | 1 << Vector.NP
            | 1 << Vector.SS
            | 1 << Vector.GP
            | 1 << Vector.PF
            | 1 << Vector.AC;

    private final Gate gate;
    private final LocalApic apic;
    private final FaultLog log = new FaultLog();
    private boolean trapForgotten;
    private @Nullable Event undelivered;

    /** Makes the delivery of one vCPU. */
    EventDelivery(TaskSwitch tasks, LocalApic apic) {
        gate = new Gate(tasks);
        this.apic = apic;
    }

    @Override
    public boolean deliverException(Cpu c) {
        int vector = c.faultVector;
        int flags = c.flags();
        if (vector != Vector.DB) {
            // The instruction will be tried again, and must not meet its instruction breakpoint twice (19.3.1.1).
            flags |= Bits.RF;
        }
        return deliver(c, vector, c.faultError, true, true, flags);
    }

    @Override
    public boolean deliverInterrupt(Cpu c, int vector) {
        try {
            return deliver(c, vector, NO_ERROR_CODE, false, true, c.flags());
        } catch (ParkedAccess away) {
            // The interrupt controller has given the vector away already.
            undelivered = new Event(vector, EXTERNAL_INTERRUPT, Optional.empty(), 0);
            throw away;
        }
    }

    @Override
    public boolean deliverNmi(Cpu c) {
        if (!apic.takeNmi()) {
            return true;
        }
        c.nmiMasked = true;
        try {
            return deliver(c, Vector.NMI, NO_ERROR_CODE, false, true, c.flags());
        } catch (ParkedAccess away) {
            undelivered = new Event(Vector.NMI, NMI, Optional.empty(), 0);
            throw away;
        }
    }

    @Override
    public boolean deliverSingleStep(Cpu c) {
        if (trapForgotten) {
            trapForgotten = false;
            return true;
        }
        c.dr[6] |= BREAKPOINT_DR6_BS;
        try {
            // Behind one iteration of a string instruction that goes on, RF is set in the image.
            return deliver(c, Vector.DB, NO_ERROR_CODE, true, true, c.flags() | (c.iterated ? Bits.RF : 0));
        } catch (ParkedAccess away) {
            undelivered = new Event(Vector.DB, EXCEPTION, Optional.empty(), 0);
            throw away;
        }
    }

    /** The last exceptions. */
    FaultLog log() {
        return log;
    }

    /**
     * The event whose handler's frame or table lies with a device that is away; none where the instruction at {@code c.rip}
     * will raise it again.
     */
    Optional<Event> takeUndelivered() {
        Optional<Event> event = Optional.ofNullable(undelivered);
        undelivered = null;
        return event;
    }

    /** Delivers an event whose delivery had begun, at its instruction boundary. False: triple fault. */
    boolean deliver(Cpu c, Event event) {
        boolean software = event.kind() == SOFTWARE_INTERRUPT || event.kind() == SOFTWARE_EXCEPTION;
        if (event.kind() == NMI) {
            c.nmiMasked = true;
        }
        long rip = c.rip;
        if (software) {
            // Its frame points behind the instruction, which is not executed again.
            c.rip += event.instructionLength();
        }
        try {
            return deliver(
                    c,
                    event.vector(),
                    event.errorCode().orElse(NO_ERROR_CODE),
                    event.kind() == EXCEPTION,
                    !software,
                    c.flags());
        } catch (ParkedAccess away) {
            c.rip = rip;
            throw away;
        }
    }

    /**
     * INT n, INT3, INTO and INT1, whose frame points behind the instruction ({@code c.nextRip}). Called from within the
     * instruction, so that a fault on the way is the instruction's own.
     *
     * @param checked whether the gate's DPL is checked: not for INT1
     */
    void software(Cpu c, int vector, boolean checked) {
        boolean traced = (c.systemFlags & Bits.TF) != 0;
        if (c.tracer != null) {
            c.tracer.event(vector, NO_ERROR_CODE, false);
        }
        gate.enter(c, vector, NO_ERROR_CODE, checked, c.nextRip, c.flags());
        forgetTrap(c, traced);
    }

    /** INT1: an exception that software asks for, so that the gate's privilege does not count and EXT is set (7.13). */
    void debugException(Cpu c) {
        try {
            software(c, Vector.DB, false);
        } catch (GuestFault fault) {
            if (c.faultError >= 0 && c.faultVector != Vector.PF) {
                c.faultError |= 1;
            }
            throw fault;
        }
        DebugRegisters.entered(c);
    }

    /** An instruction that cleared TF on its way to the kernel is not followed by its trap, which the handler would get. */
    void forgetTrap(Cpu c, boolean traced) {
        trapForgotten = traced && (c.systemFlags & Bits.TF) == 0;
    }

    /** Puts the registers into an event's handler, whose first instruction becomes {@code c.rip}. False: triple fault. */
    private boolean deliver(Cpu c, int vector, int errorCode, boolean exception, boolean external, int flags) {
        int now = vector;
        int error = errorCode;
        boolean raised = exception;
        for (; ; ) {
            if (raised) {
                log.note(c, now, error);
            }
            if (c.tracer != null) {
                c.tracer.event(now, error, raised);
            }
            raised = true;
            try {
                gate.enter(c, now, error, false, c.rip, flags);
                c.rip = c.nextRip;
                if (now == Vector.DB) {
                    DebugRegisters.entered(c);
                }
                return true;
            } catch (GuestFault fault) {
                if (now == Vector.DF) {
                    log.note(c, c.faultVector, c.faultError);
                    return false;
                }
                int next = c.faultVector;
                error = c.faultError;
                if (error >= 0 && next != Vector.PF && external) {
                    // EXT: the fault happened on the way to another event (7.13).
                    error |= 1;
                }
                if (isDoubleFault(now, next)) {
                    now = Vector.DF;
                    error = 0;
                } else {
                    now = next;
                }
                // Read again: a task switch may have gone through before its first segment was found bad.
                flags = now == Vector.DB ? c.flags() : c.flags() | Bits.RF;
            }
        }
    }

    /** Table 7-5. A vector from 32 on, and the NMI, is benign. */
    private static boolean isDoubleFault(int first, int second) {
        boolean secondContributory = second < 32 && (CONTRIBUTORY >>> second & 1) != 0;
        if (first == Vector.PF) {
            return second == Vector.PF || secondContributory;
        }
        return first < 32 && (CONTRIBUTORY >>> first & 1) != 0 && secondContributory;
    }

    /** Whether an exception's frame has an error code in protected and long mode. */
    static boolean hasErrorCode(int vector) {
        return vector < 32 && (WITH_ERROR_CODE >>> vector & 1) != 0;
    }
}
