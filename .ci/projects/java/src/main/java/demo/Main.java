package demo;

public class Main {
    public static void main(String[] arguments) {
        System.out.println(org.apache.commons.text.WordUtils.capitalize("demo"));
    }
}
