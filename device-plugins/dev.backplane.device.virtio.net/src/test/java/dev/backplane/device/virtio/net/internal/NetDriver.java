package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.network.VirtioHeader;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A guest's network driver. */
final class NetDriver {
    private static final byte[] NOTHING = {};

    final VirtioDriver virtio;
    private final int control;

    /** A driver of a device with so many pairs that has accepted features. */
    NetDriver(DeviceBench<NetOptions, NetState> bench, int pairs, int... features) {
        long accepted = 0;
        boolean several = false;
        for (int feature : features) {
            accepted |= 1L << feature;
            several |= feature == F_MQ;
        }
        virtio = new VirtioDriver(bench).start(accepted);
        control = several ? 2 * pairs : 2;
    }

    /** A header that leaves nothing to do, and a packet. */
    static byte[] plain(byte[] packet) {
        return packet(0, 0, 0, 0, 0, packet);
    }

    static byte[] packet(int flags, int gso, int segment, int start, int offset, byte[] packet) {
        return ByteBuffer.allocate(VirtioHeader.BYTES + packet.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) flags)
                .put((byte) gso)
                .putShort((short) 0)
                .putShort((short) segment)
                .putShort((short) start)
                .putShort((short) offset)
                .putShort((short) 0)
                .put(packet)
                .array();
    }

    /** Sends and waits until the packet has been taken. */
    void send(int pair, byte[] packetWithHeader) {
        offer(pair, packetWithHeader);
        virtio.ring(2 * pair + 1).await();
    }

    void offer(int pair, byte[] packetWithHeader) {
        virtio.ring(2 * pair + 1).add(packetWithHeader, 0);
        virtio.notify(2 * pair + 1);
    }

    void awaitSent(int pair) {
        virtio.ring(2 * pair + 1).await();
    }

    /** Room for packets. */
    void room(int pair, int buffers, int bytes) {
        for (int i = 0; i < buffers; i++) {
            virtio.ring(2 * pair).add(NOTHING, bytes);
        }
        virtio.notify(2 * pair);
    }

    /** The next buffer that has been filled. */
    ByteBuffer filled(int pair) {
        return ByteBuffer.wrap(virtio.ring(2 * pair).await()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The next packet, which is in one buffer, without its header. */
    byte[] received(int pair) {
        byte[] all = filled(pair).array();
        return Arrays.copyOfRange(all, VirtioHeader.BYTES, all.length);
    }

    /** A command's answer: 0 for done. */
    int command(int kind, int number, byte[] argument) {
        byte[] command = ByteBuffer.allocate(2 + argument.length)
                .put((byte) kind)
                .put((byte) number)
                .put(argument)
                .array();
        virtio.ring(control).add(command, 1);
        virtio.notify(control);
        return virtio.ring(control).await()[0];
    }
}
