package dev.backplane.x86.system;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.VcpuState.Access;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A write whose instruction is over, but which has not reached its bay: {@link
 * dev.backplane.api.cpu.VcpuState#pendingAccess}. Only a backend whose host completes instructions by itself makes one; every
 * backend makes good for it. The vCPU's thread, or while it does not run.
 */
public final class PendingWrite {
    private @Nullable Access access;
    private int done;

    /**
     * Takes it from a state, in place of an earlier one.
     *
     * @param pending a write, or nothing
     */
    public void set(Optional<Access> pending) {
        access = pending.orElse(null);
        done = 0;
    }

    /** Adds what the same instruction writes next. */
    public void add(Access next) {
        Optional<Access> before = left();
        set(Optional.of(before.isPresent() ? join(before.get(), next) : next));
    }

    /** One access behind the other, as one. */
    private static Access join(Access first, Access second) {
        boolean follows = first.port()
                ? second.port() && second.address() == first.address() && second.size() == first.size()
                : !second.port() && second.address() == first.address() + first.data().length;
        if (!follows) {
            throw new IllegalStateException(
                    "two accesses of one instruction wait at once, to 0x%x and 0x%x: resume, and save again"
                            .formatted(first.address(), second.address()));
        }
        byte[] data = Arrays.copyOf(first.data(), first.data().length + second.data().length);
        System.arraycopy(second.data(), 0, data, first.data().length, second.data().length);
        int size = first.size() == second.size() ? first.size() : 1;
        return new Access(first.port(), true, first.address(), size, data.length / size, data);
    }

    /** What is left of it, for a state. */
    public Optional<Access> left() {
        Access whole = access;
        if (whole == null || done == 0) {
            return Optional.ofNullable(whole);
        }
        byte[] data = Arrays.copyOfRange(whole.data(), done * whole.size(), whole.data().length);
        return Optional.of(
                new Access(whole.port(), true, address(whole, done), whole.size(), whole.count() - done, data));
    }

    private static long address(Access whole, int element) {
        return whole.port() ? whole.address() : whole.address() + (long) element * whole.size();
    }

    /**
     * Makes it, if there is one. A bay that is still away throws {@link dev.backplane.api.cpu.ParkedAccess} out of this; what
     * was made by then stays made. Allocates nothing.
     *
     * @param exits where it goes
     */
    public void carryOut(ExitHandler exits) {
        Access whole = access;
        if (whole == null) {
            return;
        }
        for (; done < whole.count(); done++) {
            long value = element(whole, done);
            if (whole.port()) {
                exits.writePort((int) whole.address(), whole.size(), (int) value);
            } else {
                exits.writeMemory(address(whole, done), whole.size(), value);
            }
        }
        access = null;
    }

    private static long element(Access whole, int index) {
        long value = 0;
        for (int i = whole.size() - 1; i >= 0; i--) {
            value = value << 8 | whole.data()[index * whole.size() + i] & 0xff;
        }
        return value;
    }

    /** Whether a state's access is one that can be kept: a write with as many bytes as it says. */
    public static boolean isSound(Access access) {
        boolean size = access.size() == 1 || access.size() == 2 || access.size() == 4 || access.size() == 8;
        return access.write()
                && size
                && access.count() >= 1
                && access.data().length == (long) access.size() * access.count();
    }
}
