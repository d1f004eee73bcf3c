package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.part.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Ethernet addresses as people write them. */
final class MacAddress {
    private static final Pattern WRITTEN = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");
    private static final int MULTICAST = 1;
    private static final int LOCAL = 2;

    private MacAddress() {}

    static byte[] parse(String written) throws ConfigurationException {
        if (WRITTEN.matcher(written).matches()) {
            byte[] mac = HexFormat.ofDelimiter(":").parseHex(written);
            if ((mac[0] & MULTICAST) == 0 && !Arrays.equals(mac, new byte[mac.length])) {
                return mac;
            }
        }
        throw new ConfigurationException(
                "mac: \"%s\": expected the address of one card, for instance 52:54:00:12:34:56".formatted(written));
    }

    /** An address that is always the same for a name, of those that nobody assigns (IEEE 802, 8.4). */
    static byte[] of(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            byte[] mac = Arrays.copyOf(hash, NetLayout.MAC_BYTES);
            mac[0] = (byte) (mac[0] & ~MULTICAST | LOCAL);
            return mac;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
