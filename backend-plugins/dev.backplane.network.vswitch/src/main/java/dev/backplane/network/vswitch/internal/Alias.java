package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Another hardware address for a guest, which the others on the switch know it by: clones have the address of the machine that they come
 * from. It is put into Ethernet headers, ARP (RFC 826) and what neighbours tell each other of addresses in IPv6 (RFC 4861). What the guest
 * says elsewhere stays, a DHCP client's identifier for instance. Frames without a VLAN tag; allocates nothing.
 */
final class Alias {
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int TO = 0;
    private static final int FROM = 6;
    private static final int TYPE = 12;

    private static final int ARP = 0x0806;
    private static final int ARP_BYTES = 42;
    private static final int ARP_LENGTHS = 18;
    private static final int ETHERNET_AND_IPV4 = 0x0604;
    private static final int ARP_SENDER = 22;
    private static final int ARP_TARGET = 32;

    private static final int IPV6 = 0x86dd;
    private static final int NEXT_HEADER = 20;
    private static final int ICMPV6 = 58;
    private static final int MESSAGE = 54;
    private static final int CHECKSUM = 56;
    private static final int ROUTER_SOLICITATION = 133;
    private static final int REDIRECT = 137;
    /** Where options begin behind a message's first byte, by its type from 133 on. */
    private static final int[] OPTIONS = {8, 16, 24, 24, 40};

    private static final int SOURCE_ADDRESS = 1;
    private static final int TARGET_ADDRESS = 2;
    private static final int OPTION_UNIT = 8;

    private static final long MULTICAST = 1L << 40;

    private final long alias;
    /** What the guest calls itself; 0 until it has said so. */
    private volatile long own;

    Alias(long alias) {
        this.alias = alias;
    }

    /** Goes on with what the guest calls itself. */
    void know(long address) {
        own = address;
    }

    /** Reads an address as people write it. */
    static long parse(String text) throws ConfigurationException {
        if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
            throw new ConfigurationException("address: \"%s\": expected one like 52:54:00:12:34:56".formatted(text));
        }
        long address = Long.parseLong(text.replace(":", ""), 16);
        if (address == 0 || (address & MULTICAST) != 0) {
            throw new ConfigurationException(
                    "address: \"%s\": expected the address of one card, whose first byte is even".formatted(text));
        }
        return address;
    }

    /** What the guest calls itself, or 0. */
    long own() {
        return own;
    }

    /** A frame of the guest's. */
    void outwards(Frame frame) {
        MemorySegment bytes = frame.memory();
        if (frame.length() < Frame.HEADER_BYTES) {
            return;
        }
        long source = get(bytes, FROM);
        if ((source & MULTICAST) != 0) {
            return;
        }
        if (own != source) {
            own = source;
        }
        put(bytes, FROM, alias);
        if (isArp(frame)) {
            replace(bytes, ARP_SENDER, source, alias);
            replace(bytes, ARP_TARGET, source, alias);
        } else if (type(bytes) == IPV6) {
            neighbour(frame, source);
        }
    }

    /** A frame for the guest. */
    void inwards(Frame frame) {
        MemorySegment bytes = frame.memory();
        long known = own;
        if (known == 0 || frame.length() < Frame.HEADER_BYTES) {
            return;
        }
        replace(bytes, TO, alias, known);
        if (isArp(frame)) {
            replace(bytes, ARP_TARGET, alias, known);
        }
    }

    private static int type(MemorySegment bytes) {
        return Short.toUnsignedInt(bytes.get(U16, TYPE));
    }

    private static boolean isArp(Frame frame) {
        return frame.length() >= ARP_BYTES
                && type(frame.memory()) == ARP
                && frame.memory().get(U16, ARP_LENGTHS) == ETHERNET_AND_IPV4;
    }

    /** Lengths are the guest's: nothing is read behind the frame. */
    private void neighbour(Frame frame, long source) {
        MemorySegment bytes = frame.memory();
        if (frame.length() <= CHECKSUM + 1 || Byte.toUnsignedInt(bytes.get(U8, NEXT_HEADER)) != ICMPV6) {
            return;
        }
        int message = Byte.toUnsignedInt(bytes.get(U8, MESSAGE));
        if (message < ROUTER_SOLICITATION || message > REDIRECT) {
            return;
        }
        int at = MESSAGE + OPTIONS[message - ROUTER_SOLICITATION];
        while (at + OPTION_UNIT <= frame.length()) {
            int option = bytes.get(U8, at);
            int length = Byte.toUnsignedInt(bytes.get(U8, at + 1)) * OPTION_UNIT;
            if (length == 0) {
                return;
            }
            if ((option == SOURCE_ADDRESS || option == TARGET_ADDRESS) && replace(bytes, at + 2, source, alias)) {
                if (!frame.hasChecksumToDo()) {
                    updateChecksum(bytes, source);
                }
            }
            at += length;
        }
    }

    /** RFC 1624, equation 3. Options lie at even places. */
    private void updateChecksum(MemorySegment bytes, long source) {
        int sum = ~bytes.get(U16, CHECKSUM) & 0xffff;
        for (int shift = 0; shift < 48; shift += 16) {
            sum += (int) (~source >>> shift & 0xffff) + (int) (alias >>> shift & 0xffff);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        bytes.set(U16, CHECKSUM, (short) ~sum);
    }

    private static boolean replace(MemorySegment bytes, int at, long old, long next) {
        if (get(bytes, at) != old) {
            return false;
        }
        put(bytes, at, next);
        return true;
    }

    private static long get(MemorySegment bytes, int at) {
        return (bytes.get(U16, at) & 0xffffL) << 32 | bytes.get(U32, at + 2) & 0xffff_ffffL;
    }

    private static void put(MemorySegment bytes, int at, long address) {
        bytes.set(U16, at, (short) (address >>> 32));
        bytes.set(U32, at + 2, (int) address);
    }
}
