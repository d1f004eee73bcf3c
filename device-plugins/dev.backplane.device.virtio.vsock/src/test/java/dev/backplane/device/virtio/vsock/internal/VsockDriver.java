package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A guest's side of the protocol: says packets, and hears them as text, for instance {@code "RW 7->5000 hello"}. */
final class VsockDriver {
    static final long CID = 3;
    private static final String[] OPERATIONS = {
        "INVALID", "REQUEST", "RESPONSE", "RST", "SHUTDOWN", "RW", "CREDIT_UPDATE", "CREDIT_REQUEST"
    };
    private static final int BUFFER = 1024;
    private static final int BUFFERS = 32;

    final VirtioDriver virtio;
    int room = 1 << 20;
    int forwarded;

    VsockDriver(DeviceBench<?, ?> bench) {
        this(bench, BUFFERS);
    }

    VsockDriver(DeviceBench<?, ?> bench, int buffers) {
        virtio = new VirtioDriver(bench).start(1 << VsockLayout.F_STREAM);
        listen(buffers);
    }

    /** Gives buffers for packets. */
    void listen(int buffers) {
        for (int i = 0; i < buffers; i++) {
            virtio.ring(VsockLayout.RECEIVE).add(new byte[0], BUFFER);
        }
        virtio.notify(VsockLayout.RECEIVE);
    }

    void say(int operation, int hostPort, int guestPort, int flags, byte... payload) {
        say(
                new Header(
                        CID,
                        VsockLayout.HOST_CID,
                        guestPort,
                        hostPort,
                        payload.length,
                        VsockLayout.TYPE_STREAM,
                        operation,
                        flags,
                        room,
                        forwarded),
                payload);
    }

    /** Says a packet and waits until the device has it. */
    void say(Header header, byte... payload) {
        byte[] packet = Arrays.copyOf(header.toBytes(), Header.BYTES + payload.length);
        System.arraycopy(payload, 0, packet, Header.BYTES, payload.length);
        say(packet);
    }

    void say(byte[] packet) {
        offer(packet);
        virtio.ring(VsockLayout.TRANSMIT).await();
    }

    /** Says a packet that the device need not take now. */
    void offer(byte[] packet) {
        virtio.ring(VsockLayout.TRANSMIT).add(packet, 0);
        virtio.notify(VsockLayout.TRANSMIT);
    }

    boolean hears() {
        return virtio.ring(VsockLayout.RECEIVE).waiting() > 0;
    }

    /** The next packet; its buffer is given again. */
    byte[] packet() {
        byte[] packet = virtio.ring(VsockLayout.RECEIVE).await();
        listen(1);
        return packet;
    }

    /** The next packet as text, host's port first: {@code OPERATION host->guest payload}. */
    String hear() {
        byte[] packet = packet();
        Header header = Header.of(packet);
        String text = OPERATIONS[header.operation()] + " " + Integer.toUnsignedString(header.fromPort()) + "->"
                + Integer.toUnsignedString(header.toPort());
        text += header.flags() == 0 ? "" : " flags " + header.flags();
        int bytes = packet.length - Header.BYTES;
        if (bytes != header.length()) {
            throw new AssertionError(bytes + " bytes behind a header that says " + header.length());
        }
        forwarded += bytes;
        return bytes == 0
                ? text
                : text + " " + StandardCharsets.US_ASCII.decode(ByteBuffer.wrap(packet, Header.BYTES, bytes));
    }
}
