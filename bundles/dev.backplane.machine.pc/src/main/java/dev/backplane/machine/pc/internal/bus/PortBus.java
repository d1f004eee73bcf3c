package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.part.ConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The 65536 I/O ports. Accesses come on vCPU threads: one look into a flat table, no lock, no allocation.
 *
 * <p>An access that one window covers goes to it whole. One that crosses a window's end becomes accesses of one byte, lowest
 * port first, as the bus of a PC does it for 8-bit devices.
 */
public final class PortBus {
    private static final int PORTS = 0x1_0000;
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(Claim[].class);

    private final @Nullable Claim[] table = new @Nullable Claim[PORTS];
    private final Unclaimed unclaimed;
    private final Behind behind;

    /**
     * Nothing claimed.
     *
     * @param unclaimed told about accesses that nothing answers
     * @param behind asked where nothing has a fixed place
     */
    public PortBus(Unclaimed unclaimed, Behind behind) {
        this.unclaimed = unclaimed;
        this.behind = behind;
    }

    /**
     * Claims a window. On a kernel thread; running vCPUs see it from their next access on.
     *
     * @param owner who claims it, for messages
     * @param base its first port
     * @param length how many ports, within the bus
     * @param handler answers its accesses
     * @throws ConfigurationException when somebody else has one of the ports
     */
    public synchronized void claim(String owner, int base, int length, RegisterHandler handler)
            throws ConfigurationException {
        if (length <= 0 || base < 0 || base > PORTS - length) {
            throw new ConfigurationException(
                    "%s: ports from 0x%x, %d of them: ports end at 0xffff".formatted(owner, base, length));
        }
        for (int port = base; port < base + length; port++) {
            Claim other = table[port];
            if (other != null) {
                throw new ConfigurationException("%s: ports 0x%x-0x%x overlap 0x%x-0x%x of %s: move one of them"
                        .formatted(owner, base, base + length - 1, other.base(), other.last(), other.owner()));
            }
        }
        Claim claim = new Claim(owner, base, length, handler);
        for (int port = base; port < base + length; port++) {
            ENTRY.setRelease(table, port, claim);
        }
    }

    /**
     * Gives back all windows of an owner.
     *
     * @param owner as given to {@link #claim}
     */
    public synchronized void release(String owner) {
        for (int port = 0; port < PORTS; port++) {
            Claim claim = table[port];
            if (claim != null && claim.owner().equals(owner)) {
                ENTRY.setRelease(table, port, null);
            }
        }
    }

    /**
     * A read.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4
     * @return the value, zero-extended
     */
    public int read(int port, int size) {
        Claim claim = at(port);
        if (claim != null && claim.covers(port, size)) {
            return (int) Bytes.truncate(claim.handler().read(port - claim.base(), size), size);
        }
        if (size == 1) {
            unclaimed.port(port, false);
            return 0xff;
        }
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (port + i < PORTS ? read(port + i, 1) : 0xff) << 8 * i;
        }
        return value;
    }

    /**
     * A write.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4
     * @param value the value; bits above {@code size} are ignored
     */
    public void write(int port, int size, int value) {
        Claim claim = at(port);
        if (claim != null && claim.covers(port, size)) {
            claim.handler().write(port - claim.base(), size, Bytes.truncate(value, size));
        } else if (size == 1) {
            unclaimed.port(port, true);
        } else {
            for (int i = 0; i < size && port + i < PORTS; i++) {
                write(port + i, 1, value >>> 8 * i & 0xff);
            }
        }
    }

    private @Nullable Claim at(int port) {
        Claim claim = (Claim) ENTRY.getAcquire(table, port);
        return claim == null ? behind.at(port) : claim;
    }
}
