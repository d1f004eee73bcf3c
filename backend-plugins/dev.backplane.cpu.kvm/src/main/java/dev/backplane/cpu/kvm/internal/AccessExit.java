package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.VcpuState.Access;
import java.lang.foreign.ValueLayout;

/**
 * Carries out the access to a port or to memory that a guest was left for. A bay that is away throws out of it; what has been
 * carried out by then stays done, and the rest is tried again. The vCPU's thread; allocates nothing.
 */
final class AccessExit {
    private final RunArea area;
    private final ExitHandler exits;
    private final Counters counters;
    private int done;

    AccessExit(RunArea area, ExitHandler exits, Counters counters) {
        this.area = area;
        this.exits = exits;
        this.counters = counters;
    }

    /** A new exit. */
    void begin() {
        done = 0;
    }

    /** Whether the exit is an access. */
    boolean is() {
        int reason = area.reason();
        return reason == RunArea.IO || reason == RunArea.MMIO;
    }

    boolean writes() {
        return area.reason() == RunArea.IO ? area.ioWrites() : area.mmioWrites();
    }

    /** Goes on with the exit to its end. */
    void carryOut() {
        if (area.reason() == RunArea.IO) {
            port();
        } else {
            memory();
        }
    }

    private void port() {
        int port = area.ioPort();
        int size = area.ioSize();
        boolean write = area.ioWrites();
        for (int count = area.ioCount(); done < count; done++) {
            if (write) {
                counters.portWrites++;
                exits.writePort(port, size, area.ioElement(done));
            } else {
                counters.portReads++;
                area.ioElement(done, exits.readPort(port, size));
            }
        }
    }

    private void memory() {
        long address = area.mmioAddress();
        boolean write = area.mmioWrites();
        for (int length = area.mmioLength(); done < length; ) {
            int size = piece(length - done);
            if (write) {
                counters.memoryWrites++;
                exits.writeMemory(address + done, size, area.mmioData(done, size));
            } else {
                counters.memoryReads++;
                area.mmioData(done, size, exits.readMemory(address + done, size));
            }
            done += size;
        }
    }

    /** An access across a page comes in two parts of any length. */
    private static int piece(int bytes) {
        return Integer.highestOneBit(Math.min(bytes, 8));
    }

    /** What is left of a write, to be made after the instruction. */
    Access remainder() {
        if (area.reason() == RunArea.IO) {
            int size = area.ioSize();
            byte[] data = area.ioData().asSlice((long) done * size).toArray(ValueLayout.JAVA_BYTE);
            return new Access(true, true, area.ioPort(), size, area.ioCount() - done, data);
        }
        int length = area.mmioLength() - done;
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) area.mmioData(done + i, 1);
        }
        int size = Integer.bitCount(length) == 1 ? length : 1;
        return new Access(false, true, area.mmioAddress() + done, size, length / size, data);
    }

    /** Fills a read that nobody will use. */
    void answerWithOnes() {
        if (area.reason() == RunArea.IO) {
            area.ioData().fill((byte) -1);
        } else {
            area.mmioData(0, 8, -1);
        }
    }
}
