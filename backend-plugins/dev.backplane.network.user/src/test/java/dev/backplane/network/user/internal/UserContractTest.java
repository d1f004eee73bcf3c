package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.frame;
import static dev.backplane.network.user.internal.Wires.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.backplane.api.network.NetworkBackend;
import dev.backplane.testkit.NetworkBench;
import dev.backplane.testkit.NetworkContract;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Random;

class UserContractTest extends NetworkContract<UserOptions, UserState> {
    private static final int EXCHANGES = 20;
    private static final int MOST_BYTES = 1472;

    @Override
    protected NetworkBackend<UserOptions, UserState> backend() {
        return new UserNetwork();
    }

    @Override
    protected UserOptions options() {
        return Rig.options();
    }

    /** Datagrams to a socket on the host's loopback, and back. */
    @Override
    protected void exchange(NetworkBench<UserOptions, UserState> bench, Random random) throws Exception {
        try (DatagramSocket peer = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            peer.setSoTimeout(60_000);
            for (int i = 0; i < EXCHANGES; i++) {
                byte[] data = new byte[random.nextInt(MOST_BYTES)];
                random.nextBytes(data);
                int port = 1024 + random.nextInt(50_000);
                bench.sendAll(frame(udp(GUEST, GATEWAY, port, peer.getLocalPort(), data)));
                DatagramPacket got = new DatagramPacket(new byte[MOST_BYTES], MOST_BYTES);
                peer.receive(got);
                assertArrayEquals(data, Arrays.copyOf(got.getData(), got.getLength()));
                peer.send(got);
                Seen reply = new Seen(bench.receiveNext());
                while (!reply.is(Packet.UDP) || reply.to() != port) {
                    reply = new Seen(bench.receiveNext());
                }
                assertArrayEquals(data, reply.data());
            }
        }
    }
}
