package dev.backplane.network.user.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An address of either family; those of IPv4 are kept as {@code ::ffff:a.b.c.d}. A packet of IPv6 with such an address is
 * refused before one is made of it.
 *
 * @param high its first eight bytes
 * @param low its last eight bytes
 */
record Address(long high, long low) {
    static final Address LOOPBACK4 = v4(0x7f00_0001);
    static final Address LOOPBACK6 = new Address(0, 1);
    static final Address UNSPECIFIED4 = v4(0);
    static final Address BROADCAST = v4(-1);
    /** All nodes of the link (RFC 4291 2.7.1). */
    static final Address ALL_NODES = new Address(0xff02_0000_0000_0000L, 1);

    /** The prefix of IPv4 addresses, in the low half. */
    static final long MAPPED = 0xffff_0000_0000L;

    static Address v4(int address) {
        return new Address(0, MAPPED | address & 0xffff_ffffL);
    }

    static Address of(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == 4 ? v4(Wire.i32(bytes, 0)) : new Address(Wire.i64(bytes, 0), Wire.i64(bytes, 8));
    }

    /** Reads an address as people write it; never asks a name server. */
    static Address parse(String text) {
        return of(InetAddress.ofLiteral(text));
    }

    static boolean isV4(long high, long low) {
        return high == 0 && low >>> 32 == 0xffff;
    }

    boolean isV4() {
        return isV4(high, low);
    }

    int v4() {
        return (int) low;
    }

    boolean is(long otherHigh, long otherLow) {
        return high == otherHigh && low == otherLow;
    }

    InetAddress inet() {
        byte[] bytes = new byte[isV4() ? 4 : 16];
        if (isV4()) {
            Wire.put32(bytes, 0, v4());
        } else {
            Wire.put64(bytes, 0, high);
            Wire.put64(bytes, 8, low);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are addresses", e);
        }
    }

    @Override
    public String toString() {
        return inet().getHostAddress();
    }
}
