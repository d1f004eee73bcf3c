package dev.backplane.network.user.internal;

import dev.backplane.api.state.StateException;

/**
 * A connection, for a successor that finds its socket open.
 *
 * @param socket the number of its socket in the bay
 * @param guestHigh the guest's address
 * @param guestLow the guest's address
 * @param guestPort the guest's port
 * @param peerHigh the other end's address, as the guest sees it
 * @param peerLow the other end's address
 * @param peerPort the other end's port
 * @param mac the guest's Ethernet address
 * @param stage how far it is
 * @param segmentBytes the most data in a segment for the guest
 * @param unacknowledged SND.UNA
 * @param sent the end of all that was sent
 * @param closing whether the host has said that nothing more comes
 * @param finAcknowledged whether the guest knows
 * @param window SND.WND
 * @param windowSequence SND.WL1
 * @param toSend what the guest has not acknowledged
 * @param next RCV.NXT
 * @param edge the end of the window that the guest knows
 * @param finished whether the guest has said that nothing more comes
 * @param outputShut whether the host knows
 * @param received what the host has not taken
 * @param leftMillis how long one that is over is still known; 0 of others
 */
public record TcpState(
        long socket,
        long guestHigh,
        long guestLow,
        int guestPort,
        long peerHigh,
        long peerLow,
        int peerPort,
        long mac,
        TcpConnection.Stage stage,
        int segmentBytes,
        int unacknowledged,
        int sent,
        boolean closing,
        boolean finAcknowledged,
        int window,
        int windowSequence,
        byte[] toSend,
        int next,
        int edge,
        boolean finished,
        boolean outputShut,
        byte[] received,
        long leftMillis) {

    Address guest() {
        return new Address(guestHigh, guestLow);
    }

    Address peer() {
        return new Address(peerHigh, peerLow);
    }

    /** Refuses what no connection can be. */
    void check() throws StateException {
        require(isPort(guestPort) && isPort(peerPort), "ports from 1 to 65535");
        require(segmentBytes > 0 && segmentBytes <= 0xffff, "segments of 1 to 65535 bytes");
        require(toSend.length <= ByteRing.CAPACITY && received.length <= ByteRing.CAPACITY, "64 KiB at most");
        // A SYN and a FIN have numbers, too.
        int extra = closing || !stage.isSynchronized() ? 1 : 0;
        int flight = sent - unacknowledged;
        require(flight >= 0 && flight <= toSend.length + extra, "nothing sent that is not known any more");
        require(!finAcknowledged || closing && toSend.length == 0 && flight == 0, "a FIN acknowledged last");
        int open = edge - next;
        require(open >= 0 && open + received.length <= ByteRing.CAPACITY, "a window that there is room for");
        require(leftMillis >= 0 && leftMillis <= TcpConnection.DRAIN_MILLIS, "an end within two minutes");
    }

    private static boolean isPort(int port) {
        return port > 0 && port <= 0xffff;
    }

    private void require(boolean condition, String expected) throws StateException {
        if (!condition) {
            throw new StateException("connection of %s port %d: expected %s".formatted(guest(), guestPort, expected));
        }
    }
}
