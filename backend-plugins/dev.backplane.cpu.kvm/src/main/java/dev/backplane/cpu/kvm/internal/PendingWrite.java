package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.VcpuState.Access;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A write whose instruction is over, but which has not reached its bay. The vCPU's thread, or while it does not run. */
final class PendingWrite {
    private @Nullable Access access;
    private int done;

    void set(Optional<Access> pending) {
        access = pending.orElse(null);
        done = 0;
    }

    /** Adds what the same instruction writes next. */
    void add(Access next) {
        Access rest = access == null ? null : left().orElse(null);
        set(Optional.of(rest == null ? next : AccessExit.join(rest, next)));
    }

    /** What is left of it, for a state. */
    Optional<Access> left() {
        Access whole = access;
        if (whole == null || done == 0) {
            return Optional.ofNullable(whole);
        }
        byte[] data = new byte[whole.data().length - done * whole.size()];
        System.arraycopy(whole.data(), done * whole.size(), data, 0, data.length);
        long address = whole.port() ? whole.address() : whole.address() + (long) done * whole.size();
        return Optional.of(new Access(whole.port(), true, address, whole.size(), whole.count() - done, data));
    }

    /** Makes it, if there is one; a bay that is still away throws out of this. */
    void carryOut(ExitHandler exits) {
        Access whole = access;
        if (whole == null) {
            return;
        }
        for (; done < whole.count(); done++) {
            long value = 0;
            for (int i = whole.size() - 1; i >= 0; i--) {
                value = value << 8 | whole.data()[done * whole.size() + i] & 0xff;
            }
            if (whole.port()) {
                exits.writePort((int) whole.address(), whole.size(), (int) value);
            } else {
                exits.writeMemory(whole.address() + (long) done * whole.size(), whole.size(), value);
            }
        }
        access = null;
    }
}
