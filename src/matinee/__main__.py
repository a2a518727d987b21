from matinee.cli import main

main()
