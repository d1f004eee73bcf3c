package dev.backplane.docs;

import dev.backplane.api.storage.image.CreatableFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.URL;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** What the bundles on the class path offer. */
final class Offers {
    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final String NAMESPACE = "backplane.";

    /** A clause of a manifest's header such as {@code backplane.device;type=virtio-rng}. */
    private static final Pattern CAPABILITY =
            Pattern.compile("(?:^|,)backplane\\.([a-z]+);(?:[a-z]+(?::[A-Za-z<>]+)?=[^,;]*;)*type=\"?([a-z0-9-]+)\"?");

    private Offers() {}

    /** All types with options, by kind and name. */
    static List<Offered> all() throws IOException {
        List<Offered> all = new ArrayList<>();
        var manifests = Offers.class.getClassLoader().getResources(MANIFEST);
        while (manifests.hasMoreElements()) {
            URL url = manifests.nextElement();
            try (InputStream in = url.openStream()) {
                Attributes bundle = new Manifest(in).getMainAttributes();
                addTo(all, bundle, url.toString().replace(MANIFEST, ""));
            }
        }
        all.sort(Comparator.comparing(Offered::kind).thenComparing(Offered::type));
        return all;
    }

    private static void addTo(List<Offered> all, Attributes bundle, String root) {
        String capabilities = header(bundle, "Provide-Capability");
        Matcher offered = CAPABILITY.matcher(capabilities);
        while (offered.find()) {
            Class<?> factory = factory(bundle, root, offered.group(2), offered.group(1));
            List<Class<? extends Record>> records = records(factory);
            if (!records.isEmpty()) {
                all.add(new Offered(
                        offered.group(1),
                        offered.group(2),
                        header(bundle, "Bundle-SymbolicName"),
                        header(bundle, "Bundle-Description"),
                        records.getFirst(),
                        records.stream().skip(1).findFirst(),
                        creation(factory)));
            }
        }
    }

    private static String header(Attributes bundle, String name) {
        return Optional.ofNullable(bundle.getValue(name)).orElse("");
    }

    /** The component that has the type as a property. */
    private static Class<?> factory(Attributes bundle, String root, String type, String kind) {
        for (String file : header(bundle, "Service-Component").split(",")) {
            Element component = parse(root + file).getDocumentElement();
            boolean isOfType = elements(component, "property")
                    .anyMatch(property -> property.getAttribute("name").endsWith(".type")
                            && property.getAttribute("value").equals(type));
            if (isOfType) {
                return load(elements(component, "implementation")
                        .findFirst()
                        .orElseThrow()
                        .getAttribute("class"));
            }
        }
        throw new AssertionError("%s offers the %s%s type %s, and no component of it has that"
                .formatted(header(bundle, "Bundle-SymbolicName"), NAMESPACE, kind, type));
    }

    private static Document parse(String url) {
        try (InputStream in = URI.create(url).toURL().openStream()) {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException(url, e);
        } catch (SAXException | ParserConfigurationException e) {
            throw new AssertionError(url, e);
        }
    }

    private static Stream<Element> elements(Element parent, String name) {
        var found = parent.getElementsByTagName(name);
        return Stream.iterate(0, index -> index + 1).limit(found.getLength()).map(index -> (Element) found.item(index));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, Offers.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** The records with which a factory implements an interface of the API, options first; none for a kind without. */
    private static List<Class<? extends Record>> records(Class<?> factory) {
        for (Type implemented : factory.getGenericInterfaces()) {
            if (implemented instanceof ParameterizedType generic) {
                return records(generic);
            }
        }
        return List.of();
    }

    private static List<Class<? extends Record>> records(ParameterizedType generic) {
        return Stream.of(generic.getActualTypeArguments())
                .filter(Class.class::isInstance)
                .map(argument -> (Class<?>) argument)
                .filter(Class::isRecord)
                .<Class<? extends Record>>map(argument -> argument.asSubclass(Record.class))
                .toList();
    }

    /** What a format that makes images offers for a new one. */
    private static Optional<Class<? extends Record>> creation(Class<?> factory) {
        return Stream.of(factory.getGenericInterfaces())
                .filter(ParameterizedType.class::isInstance)
                .map(ParameterizedType.class::cast)
                .filter(generic -> generic.getRawType() == CreatableFormat.class)
                .flatMap(generic -> records(generic).stream())
                .findFirst();
    }
}
