package dev.backplane.network.user.internal;

import dev.backplane.network.user.internal.UserState.Lease;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Gives the guest its address (RFC 2131), name server and routes (RFC 2132). Each Ethernet address has one, the first of them the
 * one that the options name; the oldest gives way where too many are asked for.
 */
final class Dhcp {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;
    static final int MOST_LEASES = 16;

    // BOOTP (RFC 2131 2).
    private static final int REQUEST = 1;
    private static final int REPLY = 2;
    private static final int ETHERNET = 0x0106;
    private static final int XID = 4;
    private static final int FLAGS = 10;
    private static final int CLIENT = 12;
    private static final int YOURS = 16;
    private static final int SERVER = 20;
    private static final int HARDWARE = 28;
    private static final int COOKIE = 236;
    private static final int OPTIONS = 240;
    private static final int MAGIC = 0x6382_5363;
    private static final int BROADCAST_FLAG = 0x8000;
    /** What old clients expect at least (RFC 1542 2.1). */
    private static final int LEAST_BYTES = 300;

    // Options (RFC 2132).
    private static final int PAD = 0;
    private static final int MASK = 1;
    private static final int ROUTER = 3;
    private static final int NAME_SERVER = 6;
    private static final int INTERFACE_MTU = 26;
    private static final int BROADCAST_ADDRESS = 28;
    private static final int REQUESTED = 50;
    private static final int LEASE_TIME = 51;
    private static final int TYPE = 53;
    private static final int SERVER_ID = 54;
    private static final int END = 255;

    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int ASK = 3;
    private static final int DECLINE = 4;
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int RELEASE = 7;
    private static final int INFORM = 8;

    private static final int LEASE_SECONDS = (int) TimeUnit.DAYS.toSeconds(1);

    private final Link link;
    private final Output output;
    /** Oldest first. */
    private final List<Lease> leases = new ArrayList<>();

    private int type;
    private int requested;
    private int server;
    private int end;

    Dhcp(Link link, Output output) {
        this.link = link;
        this.output = output;
    }

    /** Takes a sound datagram for the server's port. */
    void receive(Packet packet) {
        byte[] bytes = packet.bytes;
        int at = packet.payload + Udp.HEADER_BYTES;
        if (packet.end - at < OPTIONS
                || Wire.u8(bytes, at) != REQUEST
                || Wire.u16(bytes, at + 1) != ETHERNET
                || Wire.i32(bytes, at + COOKIE) != MAGIC
                || Wire.mac(bytes, at + HARDWARE) != packet.mac
                || !readOptions(bytes, at + OPTIONS, packet.end)) {
            return;
        }
        int client = Wire.i32(bytes, at + CLIENT);
        switch (type) {
            case DISCOVER -> {
                int address = lease(packet.mac);
                if (address != 0) {
                    reply(packet, OFFER, address);
                }
            }
            case ASK -> receiveRequest(packet, client);
            case INFORM -> {
                Address address = Address.v4(client);
                if (link.isGuests(address.high(), address.low())) {
                    reply(packet, ACK, 0);
                }
            }
            case DECLINE, RELEASE -> leases.removeIf(lease -> lease.mac() == packet.mac);
            default -> {
                // A server's.
            }
        }
    }

    /** RFC 2131 4.3.2. An answer to somebody else's offer is none of ours. */
    private void receiveRequest(Packet packet, int client) {
        if (server != 0 && server != link.gateway4().v4()) {
            return;
        }
        int address = lease(packet.mac);
        int wanted = requested != 0 ? requested : client;
        if (address != 0) {
            reply(packet, wanted == address ? ACK : NAK, address);
        }
    }

    private boolean readOptions(byte[] bytes, int from, int to) {
        type = 0;
        requested = 0;
        server = 0;
        int at = from;
        while (at < to && Wire.u8(bytes, at) != END) {
            if (Wire.u8(bytes, at) == PAD) {
                at++;
                continue;
            }
            if (to - at < 2 || to - at - 2 < Wire.u8(bytes, at + 1)) {
                return false;
            }
            int length = Wire.u8(bytes, at + 1);
            switch (Wire.u8(bytes, at)) {
                case TYPE -> type = length == 1 ? Wire.u8(bytes, at + 2) : 0;
                case REQUESTED -> requested = length == 4 ? Wire.i32(bytes, at + 2) : 0;
                case SERVER_ID -> server = length == 4 ? Wire.i32(bytes, at + 2) : 0;
                default -> {
                    // What it would like to know it is told anyway.
                }
            }
            at += 2 + length;
        }
        return true;
    }

    /** The address of an Ethernet address, which it has from now on; 0 where there is none. */
    private int lease(long mac) {
        for (Lease lease : leases) {
            if (lease.mac() == mac) {
                return lease.address();
            }
        }
        int address = free();
        if (address == 0 && !leases.isEmpty()) {
            address = leases.removeFirst().address();
        }
        if (address != 0) {
            leases.add(new Lease(mac, address));
        }
        return address;
    }

    private int free() {
        for (int i = 0; i < MOST_LEASES; i++) {
            int candidate = link.guest4().v4() + i;
            Address address = Address.v4(candidate);
            if (link.isGuests(address.high(), address.low())
                    && leases.stream().noneMatch(lease -> lease.address() == candidate)) {
                return candidate;
            }
        }
        return 0;
    }

    private void reply(Packet request, int answer, int address) {
        // The request is in another buffer than the answer.
        byte[] asked = request.bytes;
        int from = request.payload + Udp.HEADER_BYTES;
        int client = Wire.i32(asked, from + CLIENT);
        boolean broadcast =
                answer == NAK || client == 0 && (address == 0 || (Wire.u16(asked, from + FLAGS) & BROADCAST_FLAG) != 0);
        Address to = broadcast ? Address.BROADCAST : Address.v4(client != 0 ? client : address);
        long mac = broadcast ? Link.BROADCAST_MAC : request.mac;
        int at = output.begin(mac, link.gateway4(), to, Packet.UDP) + Udp.HEADER_BYTES;
        byte[] bytes = output.bytes;
        Arrays.fill(bytes, at, at + LEAST_BYTES, (byte) 0);
        Wire.put16(bytes, at, REPLY << 8 | ETHERNET >>> 8);
        bytes[at + 2] = (byte) ETHERNET;
        Wire.put32(bytes, at + XID, Wire.i32(asked, from + XID));
        Wire.put16(bytes, at + FLAGS, Wire.u16(asked, from + FLAGS));
        if (answer != NAK) {
            Wire.put32(bytes, at + CLIENT, client);
            Wire.put32(bytes, at + YOURS, address);
            Wire.put32(bytes, at + SERVER, link.gateway4().v4());
        }
        Wire.putMac(bytes, at + HARDWARE, request.mac);
        Wire.put32(bytes, at + COOKIE, MAGIC);
        end = at + OPTIONS;
        option8(TYPE, answer);
        option32(SERVER_ID, link.gateway4().v4());
        if (answer != NAK) {
            if (address != 0) {
                option32(LEASE_TIME, LEASE_SECONDS);
            }
            option32(MASK, link.mask4());
            option32(BROADCAST_ADDRESS, link.broadcast4());
            option16(INTERFACE_MTU, link.mtu());
            if (!link.restricted()) {
                option32(ROUTER, link.gateway4().v4());
                option32(NAME_SERVER, link.dns4().v4());
            }
        }
        bytes[end++] = (byte) END;
        int length = Math.max(LEAST_BYTES, end - at);
        output.sendDatagram(SERVER_PORT, CLIENT_PORT, at, length);
    }

    private void option8(int code, int value) {
        output.bytes[end] = (byte) code;
        output.bytes[end + 1] = 1;
        output.bytes[end + 2] = (byte) value;
        end += 3;
    }

    private void option16(int code, int value) {
        Wire.put16(output.bytes, end, code << 8 | 2);
        Wire.put16(output.bytes, end + 2, value);
        end += 4;
    }

    private void option32(int code, int value) {
        Wire.put16(output.bytes, end, code << 8 | 4);
        Wire.put32(output.bytes, end + 2, value);
        end += 6;
    }

    /** Who has what. */
    List<Lease> leases() {
        return List.copyOf(leases);
    }

    /** Goes on with what a predecessor gave. */
    void restore(List<Lease> given) {
        leases.clear();
        leases.addAll(given);
    }
}
