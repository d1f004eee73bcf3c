package dev.backplane.network.user.internal;

/**
 * A packet of the guest whose network header has been checked: its fields, read once. There is one, used again and again,
 * so that packets make no garbage.
 */
final class Packet {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMPV6 = 58;

    /** Holds the packet; what lies outside of the ranges below is not part of it. */
    byte[] bytes = new byte[0];
    /** The sender's Ethernet address. */
    long mac;

    boolean v6;
    long sourceHigh;
    long sourceLow;
    long targetHigh;
    long targetLow;
    int protocol;
    int hopLimit;
    /** Where the network header begins. */
    int header;
    /** Where what it carries begins, and ends. */
    int payload;

    int end;
    /** The transport's checksum is left to do, or was verified, or never left this host. */
    boolean checksumGood;

    int length() {
        return end - payload;
    }

    Address source() {
        return new Address(sourceHigh, sourceLow);
    }

    Address target() {
        return new Address(targetHigh, targetLow);
    }

    boolean isFrom(Address address) {
        return address.is(sourceHigh, sourceLow);
    }

    boolean isTo(Address address) {
        return address.is(targetHigh, targetLow);
    }

    /** Whether the transport's checksum is right. It covers a pseudo-header but in ICMP of IPv4. */
    boolean isSound() {
        if (checksumGood) {
            return true;
        }
        long sum = protocol == ICMP ? 0 : Checksum.pseudo(this);
        return Checksum.fold(Checksum.add(sum, bytes, payload, length())) == 0;
    }
}
