package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.network.HostTaps;
import dev.backplane.natives.network.Tap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Taps by way of /dev/net/tun (Linux: Documentation/networking/tuntap.rst). */
final class LinuxTaps implements HostTaps {
    private static final String DEVICE = "/dev/net/tun";

    // linux/if_tun.h
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final long TUNSETVNETHDRSZ = 0x4004_54d8L;
    private static final long TUNSETVNETLE = 0x4004_54dcL;
    private static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;

    // net/if.h, struct ifreq
    private static final int IFNAMSIZ = 16;
    private static final int IFREQ_FLAGS = 16;
    private static final int IFREQ_SIZE = 40;

    private final SystemCalls calls;

    LinuxTaps(SystemCalls calls) {
        this.calls = calls;
    }

    @Override
    public Tap open(String name) throws HostException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= IFNAMSIZ) {
            throw new HostException("open(%s)".formatted(name), "EINVAL", "an interface's name has 1 to 15 bytes");
        }
        Descriptor descriptor = Descriptor.open(calls, DEVICE, Linux.O_RDWR | Linux.O_NONBLOCK);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_SIZE, 8);
            MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
            request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
            descriptor.check(
                    (libc, fd) -> libc.ioctl(fd, TUNSETIFF, request.address()), "ioctl(%s, TUNSETIFF, %s)", name);
            MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, Tap.HEADER_BYTES);
            descriptor.check(
                    (libc, fd) -> libc.ioctl(fd, TUNSETVNETHDRSZ, number.address()), "ioctl(%s, TUNSETVNETHDRSZ)");
            number.set(ValueLayout.JAVA_INT, 0, 1);
            descriptor.check((libc, fd) -> libc.ioctl(fd, TUNSETVNETLE, number.address()), "ioctl(%s, TUNSETVNETLE)");
            return new LinuxTap(calls, descriptor, name);
        } catch (HostException e) {
            descriptor.close();
            throw e;
        }
    }
}
