@echo off
rem Opens the page over the folder dragged onto this file, else over Documents\xlkpi. Close this window to end it.
if exist "%~dp0self-check-parts.zip" set "XLKPI_SELF_CHECK=%~dp0self-check-parts.zip"
set "DATA=%~1"
if "%DATA%"=="" set "DATA=%USERPROFILE%\Documents\xlkpi"
if not exist "%DATA%" mkdir "%DATA%"
"%~dp0python\python.exe" -X utf8 -m xlkpi --lang zh desk "%DATA%" %2 %3
if errorlevel 1 pause
