package dev.backplane.api.debug;

import dev.backplane.api.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/** Hears of what happens to a machine that is debugged. Called on a kernel thread; must not block nor call the debugger. */
@ConsumerType
public interface DebugListener {
    /**
     * The guest stands still.
     *
     * @param vcpu the vCPU that is the cause; 0 where none is
     * @param stop why
     */
    void stopped(int vcpu, DebugStop stop);

    /**
     * The machine has ended; the debugger is of no use any more.
     *
     * @param outcome how
     */
    void ended(Vm.Outcome outcome);
}
